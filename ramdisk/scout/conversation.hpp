#pragma once
// Messages to colonyd: once, or again and again until one is answered.

#include <string>

#include "core/async/task.hpp"
#include "core/async/timers.hpp"
#include "core/json.hpp"
#include "core/log.hpp"
#include "ramdisk/scout/transport.hpp"

namespace colony::ramdisk {

enum class Answer : std::uint8_t {
  accepted,  // 200
  unwanted,  // 409 or 410, and 404 to a result: the server is sure that it does not want this message
  rejected,  // 401: not with this token
};

class Conversation {
 public:
  Conversation(core::Timers& timers, const core::Log& log, ScoutTransport& transport)
      : timers_(timers), log_(log), transport_(transport) {}

  /// `message` is the last part of the path.
  [[nodiscard]] core::Task<core::Result<Reply>> once(std::string message, std::string body,
                                                     core::Duration patience);

  struct Answered {
    Answer answer = Answer::accepted;
    std::string body;
  };
  /// Backs off from 1 s to 30 s, longer when Retry-After says so (at most 2 min). Only a cancellation ends
  /// it without an answer.
  [[nodiscard]] core::Task<Answered> until_answered(std::string message, std::string body,
                                                    core::Duration patience);

 private:
  core::Timers& timers_;
  const core::Log& log_;
  ScoutTransport& transport_;
};

}  // namespace colony::ramdisk
