#pragma once
// A fleet at work for the link's figures: the real engine and the real recipes take one simulated server
// through provisioning and erasure, and what they commit is told again for every server of the fleet, with
// its own ids, its own start and its own speed.

#include <deque>

#include "core/async/task_group.hpp"
#include "tests/daemon/hosted/memory_bench.hpp"

namespace colony::daemon::hosted::test {

/// What one workflow commits, from its order on.
struct Story {
  struct Moment {
    core::Duration after{};
    workflows::Event event;
  };
  std::vector<Moment> moments;
  workflows::WorkflowRow workflow;  // as it ended
  workflows::AssetRow asset;
};
/// Of provisioning and then of erasing the same server.
[[nodiscard]] std::vector<Story> record_stories();

class Fleet final : public OperationSink {
 public:
  Fleet(Bench& bench, std::vector<Story> stories)
      : work(bench.timers), bench_(bench), stories_(std::move(stories)) {}

  /// An order of the hosted side for "server-N", of type provision or wipe: begins its story.
  Task<core::Result<std::string>> submit(Operation operation) override;
  /// Server after server through all stories, again and again until `end`.
  Task<> toil(unsigned server, core::BootTime end, core::Duration pause);
  /// Looks which ends the stand-in shows by now.
  void look();

  unsigned finished = 0;
  core::Duration longest_wait{};  // from the commit of an end to its sight over there
  std::map<std::string, core::BootTime> unseen;
  core::TaskGroup work;

 private:
  Task<> tell(const Story& story, unsigned server, std::string operation_id, core::Duration start,
              unsigned slowness);
  Bench& bench_;
  std::vector<Story> stories_;
  unsigned workflows_ = 0;
};

}  // namespace colony::daemon::hosted::test
