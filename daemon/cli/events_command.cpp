#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "daemon/cli/commands.hpp"
#include "daemon/cli/event_text.hpp"
#include "daemon/cli/report.hpp"

namespace colony::daemon::cli {

namespace {

using core::Json;

/// The names of the servers; without them ids are shown, which is no reason to show nothing.
core::Task<EventText> event_text(Session& session) {
  const auto assets = co_await session.api.get(api_path({"assets"}));
  const Json* list = assets ? core::json_member(*assets, "assets") : nullptr;
  co_return EventText(list == nullptr ? Json() : *list);
}

class EventsCommand final : public Command {
 public:
  [[nodiscard]] CommandText text() const override {
    return {"events", "The durable events, as they are streamed to the hosted side",
            "  colony events --after 100\n"
            "  colony events --follow                   one line an event, until interrupted\n"
            "  colony events --follow --output json     one JSON object a line, with everything"};
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
    EventText names = co_await event_text(session);
    std::vector<std::vector<std::string>> rows;
    if (const Json* events = core::json_member(*seen, "events"); events != nullptr) {
      for (const auto& event : *events) {
        auto line = names.take(event);
        rows.push_back({text_of(event, "seq"), time_text(text_of(event, "at")), text_of(event, "type"),
                        std::move(line.subject), std::move(line.what)});
      }
    }
    session.console.out(render_table({{"SEQ", Align::right, 3},
                                      {"TIME", Align::left, 20},
                                      {"TYPE", Align::left, 17},
                                      {"SUBJECT", Align::left, 20},
                                      {"WHAT", Align::left, 10}},
                                     rows, style_of(session)));
    co_return ExitCode::success;
  }

 private:
  core::Task<ExitCode> follow(Session& session) {
    std::uint64_t after = after_;
    EventText names = session.output == Output::json ? EventText(Json()) : co_await event_text(session);
    for (;;) {
      const auto ended = co_await session.api.follow_events(after, [&](const Json& event) {
        after = number_of(event, "seq");
        if (session.output == Output::json) {
          session.console.out(core::dump_json(event) + "\n");
        } else {
          const auto [subject, what] = names.take(event);
          const std::string line =
              terminal_text(fmt::format("{} {} {} {} {}", after, time_text(text_of(event, "at")),
                                        text_of(event, "type"), subject, what));
          const bool cut = style_of(session).fit == Fit::terminal;
          session.console.out((cut ? fit_text(line, table_width) : line) + "\n");
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
