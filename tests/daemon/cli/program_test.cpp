#include "daemon/cli/program.hpp"

#include <algorithm>
#include <sstream>

#include <gtest/gtest.h>

#include "daemon/cli/commands.hpp"
#include "daemon/cli/completion.hpp"
#include "daemon/cli/table.hpp"
#include "tests/daemon/cli/console_recorder.hpp"

using namespace colony;
using namespace colony::daemon::cli;

namespace {

struct Outcome {
  std::string chosen;
  ExitCode code = ExitCode::success;
  std::string output, errors;
  GlobalOptions globals;
};

Outcome parse(std::vector<std::string> words) {
  words.insert(words.begin(), "colony");
  const Commands commands = make_commands();
  test::RecordingConsole console;
  Outcome out;
  const Parsed parsed = parse_command_line(words, commands, out.globals, console);
  if (parsed.command != nullptr) out.chosen = parsed.command->text().name;
  out.code = parsed.exit_code;
  out.output = console.output;
  out.errors = console.errors;
  return out;
}

}  // namespace

TEST(Program, ChoosesTheCommandAndTakesGlobalsAnywhere) {
  const auto before = parse({"--output", "json", "assets"});
  EXPECT_EQ(before.chosen, "assets");
  EXPECT_EQ(before.globals.output, "json");
  const auto after = parse({"assets", "web-1", "--output", "json", "--socket", "/x"});
  EXPECT_EQ(after.chosen, "assets");
  EXPECT_EQ(after.globals.socket, "/x");
}

TEST(Program, BadArgumentsAreExitCodeTwoAndSayWhereToLook) {
  const auto none = parse({});
  EXPECT_EQ(none.code, ExitCode::arguments);
  EXPECT_NE(none.errors.find("Start here:"), std::string::npos) << none.errors;
  const auto unknown = parse({"asets"});
  EXPECT_EQ(unknown.code, ExitCode::arguments);
  EXPECT_NE(unknown.errors.find("did you mean assets?"), std::string::npos) << unknown.errors;
  const auto missing = parse({"wipe"});
  EXPECT_EQ(missing.code, ExitCode::arguments);
  EXPECT_NE(missing.errors.find("see: colony wipe --help"), std::string::npos) << missing.errors;
  EXPECT_EQ(parse({"power", "web-1", "explode"}).code, ExitCode::arguments);
  EXPECT_EQ(parse({"assets", "--output", "yaml"}).code, ExitCode::arguments);
  EXPECT_EQ(parse({"add-ipmi", "--ip", "10.1.1.1", "--port", "0"}).code, ExitCode::arguments);
}

TEST(Program, HelpTeachesOnEveryLevel) {
  const auto top = parse({"--help"});
  EXPECT_EQ(top.code, ExitCode::success);
  EXPECT_NE(top.output.find("Start here:"), std::string::npos);
  for (const auto& command : make_commands()) {
    std::vector<std::string> words;
    std::istringstream name(command->text().name);
    for (std::string word; name >> word;) words.push_back(word);
    words.emplace_back("--help");
    const auto help = parse(words);
    EXPECT_EQ(help.code, ExitCode::success);
    EXPECT_NE(help.output.find("Usage: colony " + command->text().name + " "), std::string::npos)
        << help.output;
    std::istringstream lines(top.output + help.output);
    for (std::string line; std::getline(lines, line);) EXPECT_LE(text_width(line), 120U) << line;
  }
}

TEST(Program, TheDocumentedFlagsOfTodayAreTaken) {
  EXPECT_EQ(parse({"add-ipmi", "--ip", "10.1.1.1", "--username", "A", "--password", "p", "--auto-discover",
                   "--insecure-tls"})
                .chosen,
            "add-ipmi");
  EXPECT_EQ(parse({"add-ipmis", "--ipmi-auth-file", "x.csv"}).chosen, "add-ipmis");
  EXPECT_EQ(parse({"reboot", "--hardware-id", "x", "--boot-device", "pxe", "--efiBoot"}).chosen, "reboot");
  EXPECT_EQ(
      parse({"deprovision", "--hardware-id", "x", "--boot-device", "pxe", "--efiBoot", "--destroy"}).chosen,
      "deprovision");
}

TEST(Completion, KnowsEveryCommand) {
  const auto commands = make_commands();
  for (const auto* shell : {"bash", "zsh", "fish"}) {
    const std::string script = completion_script(shell, sketch(commands));
    for (const auto& command : commands) {
      const std::string first = command->text().name.substr(0, command->text().name.find(' '));
      EXPECT_NE(script.find(first), std::string::npos) << shell << " " << first;
    }
    EXPECT_NE(script.find("auto-discover"), std::string::npos);
  }
}

TEST(Program, TellsItsVersion) {
  const auto version = parse({"--version"});
  EXPECT_EQ(version.code, ExitCode::success);
  EXPECT_TRUE(version.output.starts_with("colony ")) << version.output;
}

TEST(Program, HelpIsACommandToo) {
  EXPECT_EQ(parse({"help"}).output, parse({"--help"}).output);
  EXPECT_EQ(parse({"help", "wipe"}).output, parse({"wipe", "--help"}).output);
  EXPECT_EQ(parse({"help", "bmc", "probe"}).output, parse({"bmc", "probe", "--help"}).output);
  EXPECT_EQ(parse({"help", "frobnicate"}).code, ExitCode::arguments);
  EXPECT_NE(parse({"init", "--help"}).output.find("/etc/colony"), std::string::npos);
}

TEST(Program, SuggestsOnlyWhatIsATypingErrorAway) {
  EXPECT_EQ(parse({"frobnicate"}).errors,
            "colony: there is no command frobnicate; colony --help lists them\n");
  EXPECT_EQ(parse({"whpe", "web-1"}).errors,
            "colony: there is no command whpe; did you mean wipe? See: colony --help\n");
}

TEST(Program, AGroupNamesTheWordThatItDoesNotKnow) {
  const auto unknown = parse({"bmc", "frobnicate"});
  EXPECT_EQ(unknown.code, ExitCode::arguments);
  EXPECT_EQ(unknown.errors, "colony: there is no command bmc frobnicate; colony bmc --help lists them\n");
  EXPECT_NE(parse({"bmc", "prob"}).errors.find("did you mean probe?"), std::string::npos);
  const auto alone = parse({"bmc"});
  EXPECT_EQ(alone.code, ExitCode::arguments);
  EXPECT_NE(alone.errors.find("colony bmc probe --ip"), std::string::npos) << alone.errors;
  EXPECT_NE(parse({"bmc", "--help"}).output.find("colony bmc probe --ip"), std::string::npos);
}

TEST(Program, NamesWhatIsTooMuchInTheOrderInWhichItWasTyped) {
  EXPECT_EQ(parse({"status", "x", "y"}).errors, "colony: not expected: x y; see: colony status --help\n");
}
