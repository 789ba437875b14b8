#include "tests/daemon/store/fault_disk.hpp"

#include <cassert>
#include <cstddef>
#include <cstdlib>
#include <fstream>
#include <utility>

#include <sqlite3.h>

#include "core/random.hpp"

namespace colony::daemon::store::test {

namespace {

struct ShimFile {
  sqlite3_file base;  // first: SQLite sees only this
  FaultDisk* disk;
  std::string* path;
  sqlite3_file* real;
};

ShimFile& shim(sqlite3_file* file) {
  return *reinterpret_cast<ShimFile*>(file);
}
sqlite3_file* real(sqlite3_file* file) {
  return shim(file).real;
}

int close_file(sqlite3_file* file) {
  const int code = real(file)->pMethods->xClose(real(file));
  std::free(real(file));
  delete shim(file).path;
  return code;
}
int read_file(sqlite3_file* file, void* into, int count, sqlite3_int64 offset) {
  return real(file)->pMethods->xRead(real(file), into, count, offset);
}
int write_file(sqlite3_file* file, const void* from, int count, sqlite3_int64 offset) {
  const std::string bytes(static_cast<const char*>(from), static_cast<std::size_t>(count));
  const int code = shim(file).disk->on_write(*shim(file).path, offset, bytes);
  return code == SQLITE_OK ? real(file)->pMethods->xWrite(real(file), from, count, offset) : code;
}
int truncate_file(sqlite3_file* file, sqlite3_int64 size) {
  const int code = shim(file).disk->on_truncate(*shim(file).path, size);
  return code == SQLITE_OK ? real(file)->pMethods->xTruncate(real(file), size) : code;
}
int sync_file(sqlite3_file* file, int /*flags*/) {
  return shim(file).disk->on_sync(*shim(file).path);  // the model is the disk: no need to wait for a real one
}
int file_size(sqlite3_file* file, sqlite3_int64* size) {
  return real(file)->pMethods->xFileSize(real(file), size);
}
int lock_file(sqlite3_file* file, int level) {
  return real(file)->pMethods->xLock(real(file), level);
}
int unlock_file(sqlite3_file* file, int level) {
  return real(file)->pMethods->xUnlock(real(file), level);
}
int check_lock(sqlite3_file* file, int* held) {
  return real(file)->pMethods->xCheckReservedLock(real(file), held);
}
int control_file(sqlite3_file* /*file*/, int /*operation*/, void* /*argument*/) {
  return SQLITE_NOTFOUND;
}
int sector_size(sqlite3_file* /*file*/) {
  return 512;
}
int characteristics(sqlite3_file* /*file*/) {
  return 0;  // the least that a disk may promise
}

const sqlite3_io_methods methods = {
    1,         close_file,  read_file,  write_file,   truncate_file, sync_file,       file_size,
    lock_file, unlock_file, check_lock, control_file, sector_size,   characteristics, nullptr,
    nullptr,   nullptr,     nullptr,    nullptr,      nullptr};

sqlite3_vfs* system_vfs() {
  return sqlite3_vfs_find(nullptr);
}
FaultDisk* disk_of(sqlite3_vfs* vfs) {
  return static_cast<FaultDisk*>(vfs->pAppData);
}

int open_file(sqlite3_vfs* vfs, const char* path, sqlite3_file* file, int flags, int* out_flags) {
  auto* const opened =
      static_cast<sqlite3_file*>(std::calloc(1, static_cast<std::size_t>(system_vfs()->szOsFile)));
  const int code = system_vfs()->xOpen(system_vfs(), path, opened, flags, out_flags);
  if (code != SQLITE_OK) {
    std::free(opened);
    file->pMethods = nullptr;
    return code;
  }
  shim(file) = {{&methods}, disk_of(vfs), new std::string(path == nullptr ? "" : path), opened};
  return SQLITE_OK;
}
int delete_file(sqlite3_vfs* vfs, const char* path, int sync) {
  disk_of(vfs)->on_delete(path);
  return system_vfs()->xDelete(system_vfs(), path, sync);
}
int access_file(sqlite3_vfs* /*vfs*/, const char* path, int flags, int* result) {
  return system_vfs()->xAccess(system_vfs(), path, flags, result);
}
int full_path(sqlite3_vfs* /*vfs*/, const char* path, int size, char* out) {
  return system_vfs()->xFullPathname(system_vfs(), path, size, out);
}
int randomness(sqlite3_vfs* /*vfs*/, int size, char* out) {
  return system_vfs()->xRandomness(system_vfs(), size, out);
}
int sleep_for(sqlite3_vfs* /*vfs*/, int microseconds) {
  return system_vfs()->xSleep(system_vfs(), microseconds);
}
int current_time(sqlite3_vfs* /*vfs*/, double* out) {
  return system_vfs()->xCurrentTime(system_vfs(), out);
}
int last_error(sqlite3_vfs* /*vfs*/, int /*size*/, char* /*out*/) {
  return 0;
}

}  // namespace

struct FaultDisk::Registration {
  sqlite3_vfs vfs{};
};

FaultDisk::FaultDisk(std::string name)
    : name_(std::move(name)), registration_(std::make_unique<Registration>()) {
  sqlite3_vfs& vfs = registration_->vfs;
  vfs.iVersion = 1;
  vfs.szOsFile = sizeof(ShimFile);
  vfs.mxPathname = system_vfs()->mxPathname;
  vfs.zName = name_.c_str();
  vfs.pAppData = this;
  vfs.xOpen = open_file;
  vfs.xDelete = delete_file;
  vfs.xAccess = access_file;
  vfs.xFullPathname = full_path;
  vfs.xRandomness = randomness;
  vfs.xSleep = sleep_for;
  vfs.xCurrentTime = current_time;
  vfs.xGetLastError = last_error;
  sqlite3_vfs_register(&vfs, 0);
}

FaultDisk::~FaultDisk() {
  sqlite3_vfs_unregister(&registration_->vfs);
}

void FaultDisk::fail_at(unsigned number, Fault fault) {
  countdown_ = number;
  fault_ = fault;
  fired_ = false;
}

void FaultDisk::heal() {
  countdown_ = 0;
  fired_ = false;
}

void FaultDisk::hang() {
  const std::scoped_lock lock(hanging_mutex_);
  hanging_ = true;
}

void FaultDisk::release() {
  {
    const std::scoped_lock lock(hanging_mutex_);
    hanging_ = false;
  }
  released_.notify_all();
}

bool FaultDisk::fails_now() {
  if (fired_) return fault_ == Fault::io_error || fault_ == Fault::power_cut;
  if (countdown_ == 0) return false;
  --countdown_;
  if (countdown_ > 0) return false;
  fired_ = true;
  return true;
}

int FaultDisk::code_of(int io_code) const {
  return fault_ == Fault::full ? SQLITE_FULL : io_code;
}

int FaultDisk::on_write(const std::string& path, std::int64_t offset, std::string bytes) {
  const bool fails = fails_now();
  // What was on its way when the power went may be there in part.
  if (!fails || fault_ == Fault::power_cut) files_[path].pending.push_back({offset, std::move(bytes)});
  return fails ? code_of(SQLITE_IOERR_WRITE) : SQLITE_OK;
}

int FaultDisk::on_truncate(const std::string& path, std::int64_t size) {
  if (fails_now()) return code_of(SQLITE_IOERR_TRUNCATE);
  files_[path].pending.push_back({size, {}, true});
  return SQLITE_OK;
}

int FaultDisk::on_sync(const std::string& path) {
  {
    std::unique_lock lock(hanging_mutex_);
    released_.wait(lock, [this] { return !hanging_; });
  }
  File& file = files_[path];
  const bool failed_by_name = std::exchange(sync_fails_, false);
  if (fails_now() || failed_by_name) {
    if (failed_by_name || fault_ != Fault::power_cut)
      file.pending.clear();  // the kernel drops what it could not write
    return SQLITE_IOERR_FSYNC;
  }
  for (const Pending& change : file.pending) apply(file.durable, change);
  file.pending.clear();
  return SQLITE_OK;
}

void FaultDisk::on_delete(const std::string& path) {
  files_.erase(path);
}

void FaultDisk::apply(std::string& image, const Pending& change) {
  const auto offset = static_cast<std::size_t>(change.offset);
  if (change.truncate) {
    image.resize(offset);
    return;
  }
  if (image.size() < offset + change.bytes.size()) image.resize(offset + change.bytes.size());
  image.replace(offset, change.bytes.size(), change.bytes);
}

void FaultDisk::leave_what_is_durable(std::uint64_t seed) {
  constexpr std::size_t sector = 512;
  core::SeededRandom random(seed);
  for (auto& [path, file] : files_) {
    for (const Pending& change : file.pending) {
      if (change.truncate) {
        if (random.below(2) == 0) apply(file.durable, change);
        continue;
      }
      for (std::size_t at = 0; at < change.bytes.size(); at += sector) {
        if (random.below(2) == 0) continue;
        apply(file.durable, {change.offset + static_cast<std::int64_t>(at), change.bytes.substr(at, sector)});
      }
    }
    file.pending.clear();
    std::ofstream out(path, std::ios::binary | std::ios::trunc);
    out << file.durable;
  }
}

}  // namespace colony::daemon::store::test
