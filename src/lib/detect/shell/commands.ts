/** Commands that are hardly words of any language people write. */
export const TELLING_COMMANDS: ReadonlySet<string> = new Set(
  `arp awk base32 base64 bash bitsadmin bunzip2 busybox bzcat bzip2 certutil chgrp chmod chown chpasswd chsh cmd cmd.exe cmdkey comm cp cpan cpio apt-get cron
  crontab csc cscript csh curl dash dhclient diskpart dmesg dnscmd docker dpkg dscl du egrep etags ethtool fgrep findstr finger ftp gawk gcc
  gdb getent gimp git grep gunzip gzip hexdump hostid hostname iconv icacls ifconfig ionice ip ip6tables ipconfig iptables irb java javac jjs jq
  kill killall ksh lastlog ld ldconfig ldd lftp ln logname lp ls lsattr lsb_release lscpu lsmod lsof ltrace lua lwp-download lwp-request lynx
  makecab mkdir mkfifo mknod mktemp modprobe mongo mount mshta msiexec mv mvn mysql mysqldump nano nasm nawk nbtstat nc nc.openbsd nc.traditional ncat nft
  net net.exe net1 netcat netsh netstat nice nl nltest nmap node nohup npm nroff nslookup ntpdate od openssl p0f
  passwd pdksh perl perl5 pgrep php php5 php7 php8 pidstat pip pkexec pkg pkill pnputil popd powershell powershell.exe powershell_ise printenv printf ps psql ptx pushd pwd pwsh pypy python
  python2 python3 qwinsta rar rbash rcp readelf readlink realpath reg reg.exe regedit regsvr32 rksh rlogin rlwrap rm rmdir rnano robocopy route rpm rsh rsync
  ruby rundll32 rvim sc schtasks scp sed setarch setsid sftp sh shadow showmount shred shuf shutdown socat sqlite3 ss ssh sshpass strace
  stdbuf su sudo svn sysctl systemctl systeminfo tac tar taskkill tasklist taskset tcl tclsh tcpdump tcsh tee telnet tftp tmux touch tracepath tracert traceroute truncate
  tshark tskill uname unexpand uniq unlink unlzma unxz unzip useradd userdel usermod vdir vi vim vmstat vssadmin wc wevtutil wget whoami whois
  wmic wscript xargs xcopy xdg-open xmodmap xterm xxd xz xzcat zcat zip zsh zsoelim
  invoke-expression invoke-webrequest iex iwr get-content get-process get-childitem start-process new-object set-content`.split(
    /\s+/,
  ),
);

/** Commands that are words, or short enough to be anything. */
export const COMMON_COMMANDS: ReadonlySet<string> = new Set(
  `alias attrib break cal cancel cat cd chdir clear cls copy csplit cut date dd declare del dig dir echo ed emacs env erase eval exec exit expand expr export
  factor false file find fold free ftype function gem go goto groups halt head help history host id info install jobs join last less local locate
  login look mail make man md5 md5sum message more move msg open paste path ping ping.exe pico pr print rd read reboot ren rename reset rev screen
  script seq service set shift sha1sum sleep sort source split start stat strings stty sum sync tail tasks test time timeout top tr trap tree true tty
  type typeset ulimit umask unset uptime users ver view wait watch where which who write xmore yes zipinfo printf lp`.split(
    /\s+/,
  ),
);
