#include "pxe/artifacts/artifact_cache.hpp"

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/async/task_group.hpp"
#include "core/async/virtual_timers.hpp"
#include "tests/temporary_directory.hpp"

using namespace colony;
using namespace colony::core;
using namespace colony::pxe;
using namespace std::chrono_literals;

namespace {

/// Counts what runs on it.
class CountingPool final : public BlockingPool {
 public:
  void execute(std::function<void()> work, std::function<void()> done) override {
    ++runs;
    work();
    done();
  }
  int runs = 0;
};

struct Bench {
  boost::asio::io_context loop{1};
  VirtualTimers timers{loop, *parse_utc("2026-11-20T00:00:00Z")};
  CountingPool pool;
  test::TemporaryDirectory directory;
  ArtifactCache cache{timers, pool, directory.file("artifacts")};

  template <class T>
  T run(Task<T> task) {
    TaskGroup group(timers);
    std::optional<T> out;
    const auto body = [](Task<T> t, std::optional<T>& o) -> Task<> { o.emplace(co_await std::move(t)); };
    group.spawn("test", body(std::move(task), out));
    timers.run_until([&group] { return group.size() == 0; }, timers.now() + 1h);
    return std::move(*out);
  }
  std::string cached(const Sha256Digest& digest) {
    return artifact_path(directory.file("artifacts"), digest);
  }
};

std::string content(const Artifact& artifact) {
  std::string out(artifact.size, '\0');
  EXPECT_EQ(::pread(artifact.file->get(), out.data(), out.size(), 0), static_cast<ssize_t>(out.size()));
  return out;
}

}  // namespace

TEST(ArtifactCache, ImportsUnderTheDigestAndServesItAfterARestart) {
  Bench bench;
  ASSERT_TRUE(bench.run(bench.cache.open()));
  const auto imported =
      bench.run(bench.cache.import_file(bench.directory.write("kernel", "vmlinuz"), std::nullopt));
  ASSERT_TRUE(imported) << imported.error().message;
  EXPECT_EQ(imported->digest, sha256("vmlinuz"));
  EXPECT_TRUE(bench.cache.find(imported->digest));

  ArtifactCache restarted(bench.timers, bench.pool, bench.directory.file("artifacts"));
  ASSERT_TRUE(bench.run(restarted.open()));
  EXPECT_FALSE(restarted.find(imported->digest));
  const auto found = bench.run(restarted.get(imported->digest));
  ASSERT_TRUE(found);
  EXPECT_EQ(content(*found), "vmlinuz");
}

TEST(ArtifactCache, HashesOnce) {
  Bench bench;
  ASSERT_TRUE(bench.run(bench.cache.open()));
  const auto imported = bench.run(bench.cache.import_file(bench.directory.write("kernel", "x"), sha256("x")));
  ASSERT_TRUE(imported);
  const int before = bench.pool.runs;
  EXPECT_TRUE(bench.run(bench.cache.get(sha256("x"))));
  EXPECT_TRUE(bench.run(bench.cache.import_file("/nonexistent", sha256("x"))));
  EXPECT_EQ(bench.pool.runs, before);
}

TEST(ArtifactCache, RefusesAnotherDigestByName) {
  Bench bench;
  ASSERT_TRUE(bench.run(bench.cache.open()));
  const auto refused =
      bench.run(bench.cache.import_file(bench.directory.write("kernel", "evil"), sha256("good")));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, "artifact.digest_mismatch");
  EXPECT_NE(refused.error().message.find(sha256("evil").to_string()), std::string::npos);
  EXPECT_NE(refused.error().message.find(sha256("good").to_string()), std::string::npos);
  EXPECT_NE(::access(bench.cached(sha256("evil")).c_str(), F_OK), 0);
  EXPECT_TRUE(std::filesystem::is_empty(bench.directory.file("artifacts")));
}

TEST(ArtifactCache, NeverServesAFileThatChangedOnDisk) {
  Bench bench;
  ASSERT_TRUE(bench.run(bench.cache.open()));
  const auto digest = sha256("good");
  static_cast<void>(bench.directory.write("artifacts/sha256-" + digest.to_string(), "evil"));
  const auto refused = bench.run(bench.cache.get(digest));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, "artifact.corrupt");
  EXPECT_EQ(bench.run(bench.cache.get(digest)).error().code, "artifact.missing");
  EXPECT_TRUE(bench.run(bench.cache.import_file(bench.directory.write("again", "good"), digest)));
}

TEST(ArtifactCache, WhatWasHashedIsWhatIsServed) {
  Bench bench;
  ASSERT_TRUE(bench.run(bench.cache.open()));
  const auto imported =
      bench.run(bench.cache.import_file(bench.directory.write("kernel", "good"), std::nullopt));
  ASSERT_TRUE(imported);
  ASSERT_EQ(::unlink(bench.cached(imported->digest).c_str()), 0);
  static_cast<void>(bench.directory.write("artifacts/sha256-" + imported->digest.to_string(), "evil"));
  EXPECT_EQ(content(*bench.run(bench.cache.get(imported->digest))), "good");
}

TEST(ArtifactCache, RefusesWhatIsNoFile) {
  Bench bench;
  ASSERT_TRUE(bench.run(bench.cache.open()));
  EXPECT_EQ(bench.run(bench.cache.import_file("/nonexistent", std::nullopt)).error().code, "artifact.source");
  EXPECT_EQ(bench.run(bench.cache.import_file(bench.directory.path(), std::nullopt)).error().code,
            "artifact.source");
  EXPECT_EQ(bench.run(bench.cache.import_file("/dev/zero", std::nullopt)).error().code, "artifact.source");
  const std::string fifo = bench.directory.file("fifo");
  ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
  EXPECT_EQ(bench.run(bench.cache.import_file(fifo, std::nullopt)).error().code, "artifact.source");
}

TEST(ArtifactCache, ClearsWhatAnInterruptedImportLeft) {
  Bench bench;
  ASSERT_TRUE(bench.run(bench.cache.open()));
  static_cast<void>(bench.directory.write("artifacts/import-abc123", "half"));
  ASSERT_TRUE(bench.run(bench.cache.open()));
  EXPECT_TRUE(std::filesystem::is_empty(bench.directory.file("artifacts")));
  ArtifactCache nowhere(bench.timers, bench.pool, "/proc/none/artifacts");
  EXPECT_EQ(bench.run(nowhere.open()).error().code, "artifact.directory");
}
