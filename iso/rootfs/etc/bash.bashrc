# Read by interactive shells, and by `ssh MACHINE COMMAND`, which finds ip and iptables thanks to the first line.
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin
if [ -n "${PS1-}" ]; then
  if [ "$(id -u)" = 0 ]; then colour=31; else colour=32; fi
  PS1="\[\e[1;${colour}m\]\u@\h\[\e[0m\]:\[\e[1;34m\]\w\[\e[0m\]\\$ "
  unset colour
  alias ll='ls -l'
  HISTCONTROL=ignoreboth
fi
