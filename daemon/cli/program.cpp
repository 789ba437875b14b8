// CLI11 lives here and nowhere else.
#include "daemon/cli/program.hpp"

#include <algorithm>
#include <map>
#include <span>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "core/bytes.hpp"
#include "daemon/config/nearest.hpp"
#include "daemon/version.hpp"

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
  auto* const added = state_.app.add_option(names, into, help)->type_name(value);
  added->required(need == Need::required);
  if (!into.empty()) added->capture_default_str();
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
    {"api-key", "The appliance's key for the hosted side"},
    {"api-keys", "Keys of the local API: for machines and scripts"},
    {"bmc", "Talk to BMCs directly; needs no daemon"},
    {"cluster", "Clusters"},
    {"users", "Users of the local API, and service accounts"},
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
        "When nothing seems to happen:  colony why ASSET\n"
        "More of a command, with examples:  colony help COMMAND");
    app_.set_version_flag("--version", "colony " + std::string(program_version()), "Of this program");
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
    for (const auto& [name, examples] : examples_) groups_.at(name)->footer("Examples:\n" + examples);
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
    // A group shows the first example of each of its commands.
    if (parent != &app_ && !text.examples.empty()) {
      examples_[parent->get_name()] += text.examples.substr(0, text.examples.find('\n')) + "\n";
    }
    commands_.emplace_back(sub, &command);
  }

  CLI::App* group(const std::string& name) {
    const auto known = groups_.find(name);
    if (known != groups_.end()) return known->second;
    const auto described = groups.find(name);
    CLI::App* sub = app_.add_subcommand(name, described == groups.end() ? "" : described->second);
    sub->fallthrough();
    groups_.emplace(name, sub);
    return sub;
  }

  CLI::App app_;
  std::map<std::string, CLI::App*> groups_;
  std::map<std::string, std::string> examples_;
  std::vector<std::pair<CLI::App*, Command*>> commands_;
};

/// The words that are no options and no values of the global ones: the command that was meant comes first.
std::vector<std::string> plain_words(const std::vector<std::string>& arguments) {
  std::vector<std::string> out;
  for (std::size_t i = 1; i < arguments.size(); ++i) {
    if (arguments[i] == "--output" || arguments[i] == "--socket") {
      ++i;
    } else if (!arguments[i].starts_with('-')) {
      out.push_back(arguments[i]);
    }
  }
  return out;
}

std::vector<const CLI::App*> subcommands_of(const CLI::App& app) {
  return app.get_subcommands([](const CLI::App*) { return true; });
}

/// A typing error away; what is further away was meant to be something else.
constexpr std::size_t near = 2;

/// What is wrong with the command's own words, "" when they are known. `app` is named `path`.
std::string unknown_word(const CLI::App& app, const std::string& path, std::span<const std::string> words) {
  const auto subcommands = subcommands_of(app);
  if (words.empty() || subcommands.empty()) return {};
  const std::string& word = words.front();
  std::vector<std::string_view> known;
  for (const auto* sub : subcommands) {
    if (sub->get_name() == word)
      return unknown_word(*sub, fmt::format("{} {}", path, word), words.subspan(1));
    known.push_back(sub->get_name());
  }
  const std::string_view likely = nearest(word, known);
  const std::string hint = edit_distance(word, likely) <= near
                               ? fmt::format("did you mean {}? See: {} --help", likely, path)
                               : fmt::format("{} --help lists them", path);
  return fmt::format("there is no command {}{}; {}", app.get_parent() == nullptr ? "" : app.get_name() + " ",
                     core::printable(word, 40), hint);
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
  std::vector<std::string> given(arguments.begin() + (arguments.empty() ? 0 : 1), arguments.end());
  std::vector<std::string> words = plain_words(arguments);
  if (!words.empty() && words.front() == "help") {  // colony help COMMAND: the same as colony COMMAND --help
    words.erase(words.begin());
    given = words;
    given.emplace_back("--help");
  }
  if (const auto unknown = unknown_word(tree.app(), "colony", words); !unknown.empty()) {
    console.err(fmt::format("colony: {}\n", unknown));
    return {nullptr, ExitCode::arguments};
  }
  const auto help = [&] {
    // Of the deepest subcommand that was named; CLI11 adds its own name to those before it.
    const auto path = named_path(tree.app());
    return path.back()->help(words_of(std::span(path).first(path.size() - 1)));
  };
  try {
    tree.app().parse(std::vector<std::string>(given.rbegin(), given.rend()));
  } catch (const CLI::CallForHelp&) {
    console.out(help());
    return {nullptr, ExitCode::success};
  } catch (const CLI::CallForVersion& version) {
    console.out(fmt::format("{}\n", version.what()));
    return {nullptr, ExitCode::success};
  } catch (const CLI::ExtrasError&) {
    std::string extras;
    for (const auto& word : tree.app().remaining(true)) extras += " " + core::printable(word, 40);
    console.err(
        fmt::format("colony: not expected:{}; see: {} --help\n", extras, words_of(named_path(tree.app()))));
    return {nullptr, ExitCode::arguments};
  } catch (const CLI::ParseError& error) {
    console.err(fmt::format("colony: {}; see: {} --help\n", error.what(), words_of(named_path(tree.app()))));
    return {nullptr, ExitCode::arguments};
  }
  Command* const chosen = tree.chosen();
  if (chosen == nullptr) {  // nothing, or a group without one of its commands
    console.err(help());
    return {nullptr, ExitCode::arguments};
  }
  return {chosen, ExitCode::success};
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
