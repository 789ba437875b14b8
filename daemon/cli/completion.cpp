#include "daemon/cli/completion.hpp"

#include <map>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace colony::daemon::cli {

namespace {

/// Bash's programmable completion; zsh takes the same function through bashcompinit.
std::string bash(const std::vector<CommandSketch>& commands) {
  std::set<std::string> first;
  std::map<std::string, std::set<std::string>> second;
  std::string cases;
  for (const auto& command : commands) {
    const std::size_t space = command.name.find(' ');
    first.insert(command.name.substr(0, space));
    if (space != std::string::npos)
      second[command.name.substr(0, space)].insert(command.name.substr(space + 1));
    cases += fmt::format("    '{}') words='{}' ;;\n", command.name, fmt::join(command.options, " "));
  }
  std::string groups;
  for (const auto& [group, words] : second) {
    groups +=
        fmt::format("    {}) [ \"$COMP_CWORD\" -eq 2 ] && words='{}' ;;\n", group, fmt::join(words, " "));
  }
  return fmt::format(R"(_colony() {{
  local words='' current="${{COMP_WORDS[COMP_CWORD]}}" command="${{COMP_WORDS[1]}}"
  if [ "$COMP_CWORD" -eq 1 ]; then
    words='{}'
  else
    case "$command ${{COMP_WORDS[2]}}" in
{}    esac
    [ -n "$words" ] || case "$command" in
{}{}    esac
  fi
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}}
complete -o default -F _colony colony
)",
                     fmt::join(first, " "), cases, groups, cases);
}

std::string fish(const std::vector<CommandSketch>& commands) {
  std::string out = "complete -c colony -f\n";
  for (const auto& command : commands) {
    const std::size_t space = command.name.find(' ');
    const std::string head = command.name.substr(0, space);
    if (space == std::string::npos) {
      out += fmt::format("complete -c colony -n __fish_use_subcommand -a {}\n", head);
    } else {
      out += fmt::format(
          "complete -c colony -n __fish_use_subcommand -a {0}\n"
          "complete -c colony -n '__fish_seen_subcommand_from {0}' -a {1}\n",
          head, command.name.substr(space + 1));
    }
    for (const auto& option : command.options) {
      out += fmt::format("complete -c colony -n '__fish_seen_subcommand_from {}' -l {} -F\n", head,
                         option.substr(2));
    }
  }
  return out;
}

}  // namespace

std::string completion_script(std::string_view shell, const std::vector<CommandSketch>& commands) {
  if (shell == "fish") return fish(commands);
  if (shell == "zsh")
    return "#compdef colony\nautoload -U +X bashcompinit && bashcompinit\n" + bash(commands);
  return bash(commands);
}

}  // namespace colony::daemon::cli
