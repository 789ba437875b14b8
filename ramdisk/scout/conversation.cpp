#include "ramdisk/scout/conversation.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace colony::ramdisk {

using namespace std::chrono_literals;
using core::Duration;
using core::Result;
using core::Task;

namespace {

constexpr Duration first_pause = 1s;
constexpr Duration longest_pause = 30s;
constexpr Duration longest_retry_after = 2min;

}  // namespace

Task<Result<Reply>> Conversation::once(std::string message, std::string body, Duration patience) {
  co_return co_await transport_.post("/scout/v1/" + message, std::move(body), timers_.now() + patience);
}

Task<Conversation::Answered> Conversation::until_answered(std::string message, std::string body,
                                                          Duration patience) {
  Duration pause = first_pause;
  for (;;) {
    auto reply = co_await once(message, body, patience);
    Duration wait = pause;
    if (reply) {
      switch (reply->status) {
        case 200: co_return Answered{Answer::accepted, std::move(reply->body)};
        case 401: co_return Answered{Answer::rejected, {}};
        case 409:
        case 410: co_return Answered{Answer::unwanted, {}};
        default: break;
      }
      // "No such wipe": of a result that is an answer; of anything else it may be a server half started.
      if (reply->status == 404 && message == "result") co_return Answered{Answer::unwanted, {}};
      wait = std::max(wait, std::min(reply->retry_after.value_or(0s), longest_retry_after));
    }
    log_.warn("scout.repeat", "colonyd did not take the message; it will be sent again",
              {{"message", message},
               {"cause", reply ? fmt::format("HTTP {}", reply->status) : reply.error().message},
               {"pause", core::format_duration(wait)}});
    co_await timers_.sleep_for(wait);
    pause = std::min(pause * 2, longest_pause);
  }
}

}  // namespace colony::ramdisk
