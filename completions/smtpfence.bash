# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Completion for smtpfence(1). Commands and options are read from the tool's own help, so that
# they cannot disagree with it.

_smtpfence_commands() {
  smtpfence --help 2> /dev/null | sed -n '/^commands:/,/^$/s/^  \([a-z]*\) .*/\1/p'
}

# _smtpfence_options [COMMAND]
_smtpfence_options() {
  smtpfence "$@" --help 2> /dev/null | grep -o -- '^ .*--[a-z]*' | grep -o -- '--[a-z]*'
}

# Words that follow a command or an option.
_smtpfence_values() {
  case $1 in
    --state) echo blockedForSpam unblocking unblocked ;;
    --sort) echo packets bytes attempts dropped destinations ;;
    allow) echo add remove list ;;
    mode) echo enforce monitor ;;
    feeds) echo sync apply pause resume ;;
    sync | apply | pause | resume) smtpfence feeds 2> /dev/null | awk 'NR > 1 { print $1 }' ;;
    config) echo check ;;
    help) _smtpfence_commands ;;
  esac
}

_smtpfence() {
  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}
  local command='' word candidates
  COMPREPLY=()

  for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    # The value of an option before the command is no command: it is a path.
    if [[ $word != -* && $word != /* ]]; then
      command=$word
      break
    fi
  done

  if [[ $previous == --socket || $previous == --bpffs || ($command == config && $previous == check) ]]; then
    mapfile -t COMPREPLY < <(compgen -f -- "$current")
    return
  fi
  if [[ $current == -* ]]; then
    candidates=$(_smtpfence_options ${command:+"$command"})
  elif [[ -z $command ]]; then
    candidates=$(_smtpfence_commands)
  else
    candidates=$(_smtpfence_values "$previous")
  fi
  mapfile -t COMPREPLY < <(compgen -W "$candidates" -- "$current")
}

complete -F _smtpfence smtpfence
