"""`optirace completion`: what a shell needs to complete command lines."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from optirace.cli import terminal
from optirace.cli.candidates import ASKED, FILES, SHELLS, WORD
from optirace.errors import unknown
from optirace.settings.kinds import TEXT
from optirace.settings.option import option

if TYPE_CHECKING:
    from optirace.settings.option import Asked

_BASH = """\
# Completion of optirace for bash. In ~/.bashrc: eval "$(optirace completion bash)"
_optirace() {
    local line lines
    lines=$(@ASKED@=bash COMP_LINE="$COMP_LINE" COMP_POINT="$COMP_POINT" \\
        COMP_WORDBREAKS="$COMP_WORDBREAKS" "$1" 2>/dev/null)
    COMPREPLY=()
    if [[ $lines == @FILES@ ]]; then
        type compopt &>/dev/null && compopt -o filenames
        while IFS= read -r line; do COMPREPLY+=("$line"); done < <(compgen -f -- "$2")
        return
    fi
    [[ -n $lines ]] || return
    while IFS= read -r line; do COMPREPLY+=("$line"); done <<< "$lines"
    if [[ ${#COMPREPLY[@]} == 1 && $lines == *[:=,/] ]] && type compopt &>/dev/null; then
        compopt -o nospace
    fi
}
complete -F _optirace optirace
"""

_ZSH = """\
#compdef optirace
# Completion of optirace for zsh. In ~/.zshrc: eval "$(optirace completion zsh)"
_optirace() {
    local line value
    local -a lines whole open shown_whole shown_open
    lines=("${(@f)$(@ASKED@=zsh @WORD@="${(Q)PREFIX}" \\
        "${(Q)words[1]}" "${(@Q)words[2,CURRENT-1]}" 2>/dev/null)}")
    if [[ $lines[1] == @FILES@ ]]; then
        _files
        return
    fi
    for line in $lines; do
        value=${line%%$'\\t'*}
        [[ $line == *$'\\t'* ]] && line="${(r:24:)value}  ${line#*$'\\t'}"
        line=${line[1,COLUMNS-1]}
        if [[ $value == *[:=,/] ]]; then
            open+=($value) shown_open+=($line)
        else
            whole+=($value) shown_whole+=($line)
        fi
    done
    (( $#whole )) && compadd -l -V whole -d shown_whole -a whole
    (( $#open )) && compadd -l -V open -S '' -d shown_open -a open
    return $(( $#whole + $#open == 0 ))
}
if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
    _optirace "$@"
else
    (( $+functions[compdef] )) || { autoload -Uz compinit && compinit }
    compdef _optirace optirace
fi
"""

_FISH = """\
# Completion of optirace for fish:
# optirace completion fish > ~/.config/fish/completions/optirace.fish
function __optirace_complete
    set -l before (commandline -opc)
    set -l word (commandline -ct)
    set -l lines (env @ASKED@=fish @WORD@="$word" $before 2>/dev/null)
    if test "$lines[1]" = "@FILES@"
        __fish_complete_path "$word"
    else
        for line in $lines
            echo $line
        end
    end
end
complete -c optirace -f -a '(__optirace_complete)'
"""

_POWERSHELL = """\
# Completion of optirace for PowerShell. In $PROFILE:
# optirace completion powershell | Out-String | Invoke-Expression
Register-ArgumentCompleter -Native -CommandName optirace -ScriptBlock {
    param($word, $ast, $position)
    $before = @($ast.CommandElements |
        Where-Object { $_.Extent.EndOffset -lt $position } |
        ForEach-Object {
            if ($_ -is [System.Management.Automation.Language.StringConstantExpressionAst]) {
                $_.Value
            } else {
                $_.Extent.Text
            }
        })
    $env:@ASKED@ = 'powershell'
    $env:@WORD@ = $word
    try {
        $program, $rest = $before
        $lines = @(& $program @rest 2>$null)
    } finally {
        Remove-Item Env:@ASKED@, Env:@WORD@ -ErrorAction SilentlyContinue
    }
    if ($lines.Count -and $lines[0] -eq '@FILES@') { return }
    $lines | ForEach-Object {
        $value, $text = $_ -split "`t", 2
        if (-not $text) { $text = $value }
        [System.Management.Automation.CompletionResult]::new(
            $value, $value, 'ParameterValue', $text)
    }
}
"""

SCRIPTS = dict(zip(SHELLS, (_BASH, _ZSH, _FISH, _POWERSHELL), strict=True))
"""What each shell runs to complete command lines."""


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class ShellOptions:
    """The shell."""

    shell: str = option(
        "",
        TEXT._replace(names=lambda: SHELLS),
        "Your shell: {names}.",
        metavar="SHELL",
        is_argument=True,
    )


GROUPS = (ShellOptions,)


def completion(asked: "Asked") -> None:
    """Print the script that lets a shell complete commands, options, optimizers, surfaces and other
    names.
    """
    shell = asked.of(ShellOptions).shell
    script = SCRIPTS.get(shell.lower())
    if script is None:
        raise unknown("shell", shell, SCRIPTS)
    for name, value in (("@ASKED@", ASKED), ("@WORD@", WORD), ("@FILES@", FILES)):
        script = script.replace(name, value)
    terminal.say(script)
