#!/usr/bin/env bash
# Pages are held against what they speak of: links between them lead somewhere, also those to a heading, and docs/operations.md names each event that
# the server logs as a warning, an error or for security. Prints what is wrong.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
wrong=0

complain() {
  echo "$*"
  wrong=1
}

pages() { git ls-files --cached --others --exclude-standard '*.md'; }

# What is not code: neither between ``` nor between `.
prose() { sed -e '/^ *```/,/^ *```/d' -e 's/`[^`]*`//g' "$1"; }

# The names that GitHub gives to the headings of a page.
anchors() {
  sed -e '/^ *```/,/^ *```/d' "$1" | sed -n 's/^#\{1,6\} //p' | tr '[:upper:]' '[:lower:]' | sed -e 's/[^a-z0-9 _-]//g' -e 's/ /-/g'
}

check_link() {
  local page=$1 link=$2 target
  [[ $link != *://* && $link != mailto:* ]] || return 0
  target=$page
  [[ $link == '#'* ]] || target=$(dirname "$page")/${link%%#*}
  [[ -e $target ]] || { complain "$page: there is no $link"; return 0; }
  [[ $link == *'#'* ]] || return 0
  anchors "$target" | grep -qxF -- "${link#*#}" || complain "$page: there is no heading for $link"
}

sources() { git ls-files 'src/*.cpp' | grep -v '_test\.cpp$'; }

# An event stands right behind the call that logs it, perhaps in the next line. Those of the audit trail are in lists.
logged_events() {
  {
    sources | xargs cat | tr -d '\n' | grep -oE '\b(warning|error|security|write_offence)\([^;{]*'
    cat src/server/audit.cpp
  } | grep -oE '"[a-z]+\.[a-z_]+"' | tr -d '"' | sort -u
}

# The first column of the table.
described_events() {
  sed -n '/^## Logs/,/^## Backup/p' docs/operations.md | grep -E '^\| `[a-z]+\.[a-z_]+`' | cut -d '|' -f 2 | grep -oE '[a-z]+\.[a-z_]+' | sort -u
}

while read -r page; do
  while read -r link; do check_link "$page" "$link"; done < <(prose "$page" | grep -oE '\]\([^) ]+\)' | sed 's/^](\(.*\))$/\1/')
done < <(pages)

[[ -n $(logged_events) ]] || complain 'no event was found in src: check_docs.sh looks for the wrong thing'
for event in $(logged_events); do
  grep -qF "\`$event\`" docs/operations.md || complain "docs/operations.md does not speak of the event $event"
done
for event in $(described_events); do
  sources | xargs grep -qF "\"$event\"" || complain "docs/operations.md speaks of the event $event, which there is not"
done
((wrong == 0))
