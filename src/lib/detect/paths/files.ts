/** Folders of Unix, and what lies in them that is not for strangers. */
const UNIX =
  'etc/+(?:passwd|shadow|group|gshadow|hosts|hostname|issue|motd|fstab|crontab|resolv\\.conf|sudoers|environment|profile|exports|inetd\\.conf|my\\.cnf|mysql|apache2?|httpd|nginx|ssh|ssl|php|pam|security|rc\\.|init\\.d|cron|redhat-release|debian_version|os-release|lsb-release|network|sysconfig|samba|vsftpd|proftpd|ldap|openldap|postgresql|redis|tomcat|kubernetes|docker|aliases|mtab|services|shells|master\\.passwd|release)' +
  '|proc/+(?:self|\\d{1,6}|version|cpuinfo|net|mounts|cmdline|sched_debug|config\\.gz|stat|meminfo|partitions|sys|modules|ioports|interrupts)\\b' +
  '|sys/+(?:class|devices|kernel)/|dev/+(?:tcp|udp|random|urandom|mem|kmem|zero|fd|std(?:in|out|err))\\b' +
  '|var/+(?:log|mail|spool|run/secrets|lib/(?:mysql|mlocate|php)|backups|www/(?:html|\\w{1,20}\\.))|root/+\\.?\\w|usr/+local/(?:apache|etc|nginx|php|tomcat)|opt/+(?:lampp|xampp|tomcat)|home/+[\\w.$*-]{1,20}/+\\.\\w|Library/+(?:WebServer|Logs)|Users/+[\\w.-]{1,20}/+(?:NTUSER|\\.)|boot/+grub|private/+etc';

/** Files of Windows, with or without what separated them. */
const WINDOWS =
  '(?:windows|winnt|win\\w{0,3})/+(?:system(?:32)?/|win\\.ini|system\\.ini|repair/|debug/|panther|php\\.ini|my\\.ini|system32|iis\\d|setup|cmd\\.exe|explorer\\.exe|notepad\\.exe|regedit)|boot\\.ini\\b|[a-z]:/*(?:boot|windowswin|inetpub|xampp|wamp|appserv|windows/|winnt/)|inetpub/*(?:wwwroot|logs|adminscripts)|global\\.asa\\b|system32/+(?:drivers|config|inetsrv|cmd)|autoexec\\.bat|\\bwin\\.ini\\b|windowssystem32|\\bsam\\.(?:sav|old)\\b|sysprep\\.(?:inf|xml)|unattend\\.xml';

/** Files of applications: settings, keys, versions, logs. */
const APPLICATION =
  '(?:web|meta)-inf/*(?:web\\.xml|classes|lib|[\\w.-]{1,30}\\.(?:xml|mf|properties|class))|(?:^|[/=])\\.(?:ht(?:access|passwd|group)|git(?:/+|ignore|config|-credentials)|svn/|hg/|bzr/|env(?:$|[.?&\\s])|ssh/|aws/|azure/|kube/|docker/|npmrc|pypirc|netrc|pgpass|my\\.cnf|bash_(?:history|profile|logout)|bashrc|zsh_history|zshrc|mysql_history|profile\\b|DS_Store|vscode/|idea/|dockercfg|dockerenv|htdigest|s3cfg|wp-config|rediscli_history|python_history|gnupg/|password-store)' +
  '|wp-config\\.(?:php|bak|old|txt)|(?:^|/)web\\.config\\b|(?:id_(?:rsa|dsa|ecdsa|ed25519)|authorized_keys|known_hosts)\\b|phpinfo\\.php|(?:config|configuration|settings|database|db|conn|parameters)\\.(?:inc|ya?ml|php\\.(?:bak|old|save|swp)|php~)(?:$|[?\\0])|\\bapplication(?:-\\w{1,12})?\\.(?:properties|ya?ml)(?:$|\\0)|etcpasswd|etcshadow|boot\\.ini|web-infweb\\.xml';

/** Names of files that nobody asks an API for in good faith. */
export const SENSITIVE_FILE: RegExp = new RegExp(
  `(?:^|[^\\w.-]|\\.{2,8})/{0,8}(?:\\./{1,4}){0,8}(?:${UNIX})|(?:^|[^\\w-])(?:${WINDOWS})|${APPLICATION}`,
  'i',
);
