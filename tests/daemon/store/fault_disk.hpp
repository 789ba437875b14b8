#pragma once
// A disk between SQLite and the real files (a sqlite3_vfs) that fails on command and remembers what a power
// cut would leave behind. It models what kernels do: a write is durable only after a successful fsync, and
// what a failed fsync could not write is forgotten by the next one, though readers still see it.
//
// It offers no shared memory, so a database in WAL mode works on it only with exclusive locking.

#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace colony::daemon::store::test {

enum class Fault : std::uint8_t {
  io_error,   // this operation fails, and every later one
  one_error,  // only this operation fails
  full,       // this one says that the disk is full, later ones work
  power_cut,  // the machine stops here: this and every later operation fails
};

class FaultDisk {
 public:
  /// Registers itself with SQLite under `name`.
  explicit FaultDisk(std::string name);
  FaultDisk(const FaultDisk&) = delete;
  FaultDisk& operator=(const FaultDisk&) = delete;
  ~FaultDisk();

  [[nodiscard]] const std::string& name() const { return name_; }
  /// The `number`-th changing operation from now on (write, fsync, truncate), from 1.
  void fail_at(unsigned number, Fault fault);
  void fail_next_sync() { sync_fails_ = true; }
  void heal();
  /// The next fsync does not come back before release(): a disk that hangs.
  void hang();
  void release();
  [[nodiscard]] bool fired() const { return fired_; }
  /// After a power cut: the files hold what was fsynced, and of the rest a random choice of sectors.
  void leave_what_is_durable(std::uint64_t seed);

  // Called by the shim: what the operation returns (SQLITE_OK: do it).
  [[nodiscard]] int on_write(const std::string& path, std::int64_t offset, std::string bytes);
  [[nodiscard]] int on_truncate(const std::string& path, std::int64_t size);
  [[nodiscard]] int on_sync(const std::string& path);
  void on_delete(const std::string& path);

 private:
  struct Pending {
    std::int64_t offset;
    std::string bytes;
    bool truncate = false;
  };
  struct File {
    std::string durable;
    std::vector<Pending> pending;
  };
  struct Registration;
  [[nodiscard]] bool fails_now();
  [[nodiscard]] int code_of(int io_code) const;
  static void apply(std::string& image, const Pending& change);

  std::string name_;
  std::map<std::string, File> files_;
  unsigned countdown_ = 0;
  Fault fault_ = Fault::io_error;
  bool fired_ = false;
  bool sync_fails_ = false;
  std::mutex hanging_mutex_;  // the one thing here that is used while the disk works
  std::condition_variable released_;
  bool hanging_ = false;
  std::unique_ptr<Registration> registration_;
};

}  // namespace colony::daemon::store::test
