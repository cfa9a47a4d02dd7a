# complete.bash SCRIPT WORD…: what bash would offer for the last word of a command line, one a line.
source "$1" || exit 1
shift
COMP_WORDS=("$@")
COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
compopt() { :; } # works only while bash itself completes
_tickgate
printf '%s\n' "${COMPREPLY[@]}"
