/** Each asks the program itself what may stand there, by `complete`: one rule for all shells, and none that grows old. */
const scripts = {
  bash: `# boot2docker completion for bash
_boot2docker() {
  local word summary IFS=$'\\n'
  COMPREPLY=()
  while IFS=$'\\t' read -r word summary; do
    if [[ $word == :files ]]; then
      compopt -o default
      return
    fi
    [[ $word == *[=:.] ]] && compopt -o nospace
    COMPREPLY+=("$word")
  done < <("\${1/#\\~/$HOME}" complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -F _boot2docker boot2docker
`,
  zsh: `#compdef boot2docker
_boot2docker() {
  local -a candidates unended
  local word summary
  while IFS=$'\\t' read -r word summary; do
    if [[ $word == :files ]]; then
      _files
      return
    fi
    if [[ $word == *[=:.] ]]; then
      unended+=("\${word//:/\\\\:}:$summary")
    else
      candidates+=("\${word//:/\\\\:}:$summary")
    fi
  done < <("\${words[1]/#\\~/$HOME}" complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)
  _describe boot2docker candidates
  _describe boot2docker unended -S ''
}
compdef _boot2docker boot2docker
`,
  fish: `# boot2docker completion for fish
function __boot2docker_words
    set -l typed (commandline -opc) (commandline -ct)
    set -l program (string replace -r "^~" $HOME -- $typed[1])
    $program complete -- $typed[2..] 2>/dev/null
end
function __boot2docker_wants_files
    set -l found (__boot2docker_words)
    test "$found[1]" = ":files"
end
complete -c boot2docker -n __boot2docker_wants_files -F
complete -c boot2docker -n 'not __boot2docker_wants_files' -f -a '(__boot2docker_words)'
`,
  powershell: `# boot2docker completion for PowerShell
Register-ArgumentCompleter -Native -CommandName boot2docker -ScriptBlock {
  param($word, $ast, $position)
  $typed = @($ast.CommandElements | ForEach-Object { $_.ToString() })
  # Until PowerShell 7.3 an empty word is lost on its way to a program, unless it is quoted once more.
  $isLegacy = -not $PSNativeCommandArgumentPassing -or $PSNativeCommandArgumentPassing -eq 'Legacy'
  if ($word -eq '') { $typed += $(if ($isLegacy) { '""' } else { '' }) }
  $program, $rest = $typed
  & $program complete -- @rest 2>$null | Where-Object { $_ -ne ':files' } | ForEach-Object {
    $text, $summary = $_ -split "\`t", 2
    [System.Management.Automation.CompletionResult]::new($text, $text, 'ParameterValue', $(if ($summary) { $summary } else { $text }))
  }
}
`,
} as const;

export type CompletionShell = keyof typeof scripts;
export const completionShells = Object.keys(scripts) as CompletionShell[]; // Its own keys.

/** What makes the shell complete the words of this program. */
export function completionScript(shell: CompletionShell): string {
  return scripts[shell];
}
