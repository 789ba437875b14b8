#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "daemon/cli/commands.hpp"
#include "daemon/cli/report.hpp"

namespace colony::daemon::cli {

namespace {

using core::Json;

std::string body_text(const Json& event) {
  const Json* body = core::json_member(event, "body");
  return body == nullptr ? std::string{} : core::dump_json(*body);
}

class EventsCommand final : public Command {
 public:
  [[nodiscard]] CommandText text() const override {
    return {"events", "The durable events, as they are streamed to the hosted side",
            "  colony events --after 100\n"
            "  colony events --follow                   one line an event, until interrupted\n"
            "  colony events --follow --output json     one JSON object a line"};
  }
  void declare(Arguments& arguments) override {
    arguments.flag("-f,--follow", follow_, "Go on with new ones");
    arguments.number("--after", "SEQ", after_, 0, 4'000'000'000U, "Only newer than this number");
    arguments.number("--limit", "N", limit_, 1, 1000, "At most so many, without --follow");
  }

  [[nodiscard]] core::Task<ExitCode> run(Session& session) override {
    if (follow_) co_return co_await follow(session);
    const auto seen =
        co_await session.api.get(fmt::format("/api/v1/events?after={}&limit={}", after_, limit_));
    if (!seen) co_return report_error(session, seen.error());
    if (session.output == Output::json) {
      print_json(session, *seen);
      co_return ExitCode::success;
    }
    std::vector<std::vector<std::string>> rows;
    if (const Json* events = core::json_member(*seen, "events"); events != nullptr) {
      for (const auto& event : *events) {
        rows.push_back({text_of(event, "seq"), text_of(event, "at"), text_of(event, "type"),
                        text_of(event, "subject"), body_text(event)});
      }
    }
    session.console.out(render_table({{"SEQ", Align::right, 3},
                                      {"TIME", Align::left, 24},
                                      {"TYPE", Align::left, 14},
                                      {"SUBJECT", Align::left, 8},
                                      {"BODY", Align::left, 10}},
                                     rows));
    co_return ExitCode::success;
  }

 private:
  core::Task<ExitCode> follow(Session& session) {
    std::uint64_t after = after_;
    for (;;) {
      const auto ended = co_await session.api.follow_events(after, [&](const Json& event) {
        after = number_of(event, "seq");
        if (session.output == Output::json) {
          session.console.out(core::dump_json(event) + "\n");
        } else {
          const std::string line =
              terminal_text(fmt::format("{} {} {} {} {}", after, text_of(event, "at"), text_of(event, "type"),
                                        text_of(event, "subject"), body_text(event)));
          session.console.out(fit_text(line, table_width) + "\n");
        }
        return ApiClient::Next::go_on;
      });
      // colonyd was restarted, or is gone: go on where we were, as long as it answers at all.
      if (!ended && ended.error().code == "api.unreachable") co_return report_error(session, ended.error());
      co_await session.timers.sleep_for(std::chrono::seconds(1));
    }
  }

  bool follow_ = false;
  unsigned after_ = 0;
  unsigned limit_ = 100;
};

}  // namespace

std::unique_ptr<Command> make_events_command() {
  return std::make_unique<EventsCommand>();
}

}  // namespace colony::daemon::cli
