// CLI11 lives here and nowhere else.
#include "daemon/cli/program.hpp"

#include <algorithm>
#include <map>
#include <span>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "core/bytes.hpp"
#include "daemon/config/nearest.hpp"

namespace colony::daemon::cli {

struct Arguments::State {
  CLI::App& app;
};

namespace {

/// "native|ipmitool", for the help.
std::string joined(const std::vector<std::string>& words) {
  std::string out;
  for (const auto& word : words) out += (out.empty() ? "" : "|") + word;
  return out;
}

}  // namespace

void Arguments::flag(const std::string& names, bool& into, const std::string& help) {
  state_.app.add_flag(names, into, help);
}

void Arguments::option(const std::string& names, const std::string& value, std::string& into,
                       const std::string& help, Need need) {
  state_.app.add_option(names, into, help)->type_name(value)->required(need == Need::required);
}

void Arguments::option(const std::string& names, const std::string& value, std::optional<std::string>& into,
                       const std::string& help) {
  state_.app.add_option_function<std::string>(
                names, [&into](const std::string& text) { into = text; }, help)
      ->type_name(value);
}

void Arguments::number(const std::string& names, const std::string& value, unsigned& into, unsigned least,
                       unsigned most, const std::string& help) {
  state_.app.add_option(names, into, help)
      ->type_name(value)
      ->check(CLI::Range(least, most).description(""))
      ->capture_default_str();
}

void Arguments::repeatable(const std::string& names, const std::string& value, std::vector<std::string>& into,
                           const std::string& help) {
  state_.app.add_option(names, into, help)->type_name(value)->allow_extra_args(false);
}

void Arguments::choice(const std::string& names, std::string& into, const std::vector<std::string>& words,
                       const std::string& help) {
  state_.app.add_option(names, into, help)
      ->check(CLI::IsMember(words).description(""))
      ->type_name(joined(words));
}

void Arguments::positional(const std::string& name, std::string& into, const std::string& help, Need need) {
  state_.app.add_option(name, into, help)->required(need == Need::required)->type_name("");
}

void Arguments::positional_choice(const std::string& name, std::string& into,
                                  const std::vector<std::string>& words, const std::string& help) {
  state_.app.add_option(name, into, help)
      ->required()
      ->check(CLI::IsMember(words).description(""))
      ->type_name("");
}

void Arguments::positionals(const std::string& name, std::vector<std::string>& into, const std::string& help,
                            Need need) {
  state_.app.add_option(name, into, help)->required(need == Need::required)->type_name("");
}

namespace {

const std::map<std::string, std::string> groups = {
    {"bmc", "Talk to BMCs directly; needs no daemon"},
    {"cluster", "Clusters"},
};

/// The tree of subcommands over the commands.
class Tree {
 public:
  Tree(const Commands& commands, GlobalOptions& globals) {
    app_.name("colony");
    app_.description("Discovers, provisions and wipes bare-metal servers.");
    app_.footer(
        "Start here:  colony init --help\n"
        "             colony add-ipmi --ip 10.1.1.20 --username ADMIN --auto-discover\n"
        "             colony assets\n"
        "When nothing seems to happen:  colony why ASSET");
    app_.require_subcommand(1);
    app_.fallthrough();
    app_.set_help_flag("-h,--help", "Explain, with examples");
    app_.add_option("--output", globals.output, "How results are shown")
        ->check(CLI::IsMember({"table", "json"}).description(""))
        ->capture_default_str()
        ->type_name("table|json");
    app_.add_option("--socket", globals.socket, "Where colonyd listens")
        ->capture_default_str()
        ->type_name("PATH");
    for (const auto& command : commands) add(*command);
  }

  CLI::App& app() { return app_; }

  Command* chosen() {
    for (const auto& [sub, command] : commands_) {
      if (sub->parsed()) return command;
    }
    return nullptr;
  }

  [[nodiscard]] const std::vector<std::pair<CLI::App*, Command*>>& all() const { return commands_; }

 private:
  void add(Command& command) {
    const CommandText text = command.text();
    const std::size_t space = text.name.find(' ');
    CLI::App* parent = space == std::string::npos ? &app_ : group(text.name.substr(0, space));
    CLI::App* sub = parent->add_subcommand(
        space == std::string::npos ? text.name : text.name.substr(space + 1), text.summary);
    sub->footer(text.examples.empty() ? "" : "Examples:\n" + text.examples);
    Arguments::State state{*sub};
    Arguments arguments(state);
    command.declare(arguments);
    commands_.emplace_back(sub, &command);
  }

  CLI::App* group(const std::string& name) {
    const auto known = groups_.find(name);
    if (known != groups_.end()) return known->second;
    const auto described = groups.find(name);
    CLI::App* sub = app_.add_subcommand(name, described == groups.end() ? "" : described->second);
    sub->require_subcommand(1);
    sub->fallthrough();
    groups_.emplace(name, sub);
    return sub;
  }

  CLI::App app_;
  std::map<std::string, CLI::App*> groups_;
  std::vector<std::pair<CLI::App*, Command*>> commands_;
};

/// The first word that is no option and no option's value: the command that was meant.
std::optional<std::string> command_word(const std::vector<std::string>& arguments) {
  for (std::size_t i = 1; i < arguments.size(); ++i) {
    if (arguments[i] == "--output" || arguments[i] == "--socket") {
      ++i;
    } else if (!arguments[i].starts_with('-')) {
      return arguments[i];
    }
  }
  return std::nullopt;
}

/// The subcommands that were named, outermost first.
std::vector<const CLI::App*> named_path(const CLI::App& app) {
  std::vector<const CLI::App*> path{&app};
  while (!path.back()->get_subcommands().empty()) path.push_back(path.back()->get_subcommands().front());
  return path;
}

std::string words_of(std::span<const CLI::App* const> path) {
  std::string out;
  for (const auto* app : path) out += (out.empty() ? "" : " ") + app->get_name();
  return out;
}

}  // namespace

Parsed parse_command_line(const std::vector<std::string>& arguments, const Commands& commands,
                          GlobalOptions& globals, Console& console) {
  Tree tree(commands, globals);
  if (const auto word = command_word(arguments)) {
    std::vector<std::string> names;
    for (const auto* sub : tree.app().get_subcommands([](const CLI::App*) { return true; })) {
      names.push_back(sub->get_name());
    }
    if (std::ranges::find(names, *word) == names.end()) {
      const std::vector<std::string_view> known(names.begin(), names.end());
      console.err(fmt::format("colony: there is no command {}; did you mean {}? See: colony --help\n",
                              core::printable(*word, 40), nearest(*word, known)));
      return {nullptr, ExitCode::arguments};
    }
  }
  try {
    std::vector<std::string> reversed(arguments.rbegin(), arguments.rend());
    if (!reversed.empty()) reversed.pop_back();  // the program's name
    tree.app().parse(std::move(reversed));
  } catch (const CLI::CallForHelp&) {
    // Of the deepest subcommand that was named; CLI11 adds its own name to those before it.
    const auto path = named_path(tree.app());
    console.out(path.back()->help(words_of(std::span(path).first(path.size() - 1))));
    return {nullptr, ExitCode::success};
  } catch (const CLI::ParseError& error) {
    console.err(fmt::format("colony: {}; see: {} --help\n", error.what(), words_of(named_path(tree.app()))));
    return {nullptr, ExitCode::arguments};
  }
  return {tree.chosen(), ExitCode::success};
}

std::vector<CommandSketch> sketch(const Commands& commands) {
  GlobalOptions globals;
  Tree tree(commands, globals);
  std::vector<CommandSketch> out;
  for (const auto& [sub, command] : tree.all()) {
    CommandSketch& each = out.emplace_back(CommandSketch{command->text().name, {}});
    for (const auto* option : sub->get_options()) {
      for (const auto& name : option->get_lnames()) each.options.push_back("--" + name);
    }
  }
  return out;
}

}  // namespace colony::daemon::cli
