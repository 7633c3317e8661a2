import { Unavailable } from '../../core/errors.ts';

/** A command was sent and not answered in time, or not at all: it may have been carried out. */
export class Unanswered extends Unavailable {}
