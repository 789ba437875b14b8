// Any text as the record of the address that we put on an interface.
#include <cstdlib>

#include "daemon/address/record.hpp"

using namespace colony::daemon;

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  const auto record = decode_record({reinterpret_cast<const char*>(data), size});
  if (record && decode_record(encode_record(*record)) != record) std::abort();
  return 0;
}
