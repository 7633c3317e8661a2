// The public API of the package, and the only barrel.
export { type BlocksInput, type ConfigInput, defineConfig } from './config/define-config.ts';
export type { ControlServices, ReloadReport, StatusReport } from './control/services.ts';
export { ConfigError, type ConfigProblem, Unavailable } from './core/errors.ts';
export { REASONS, type Reason, type ReasonCode } from './core/reasons.ts';
export { type Gateway, type GatewayOptions, startGateway } from './gateway.ts';
export { VERSION } from './version.ts';
