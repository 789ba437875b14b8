#include "tests/drivers/conformance.hpp"

namespace colony::testing {

using drivers::ipmi::CipherSuite;

INSTANTIATE_TEST_SUITE_P(
    Native, BmcConformance,
    ::testing::Values(NamedRig{"Suite17", [] { return native_rig(CipherSuite::sha256_aes); }},
                      NamedRig{"Suite3", [] { return native_rig(CipherSuite::sha1_aes); }},
                      NamedRig{"LikeOpenBmc", [] { return native_rig(CipherSuite::sha256_aes, "openbmc"); }}),
    rig_name);

}  // namespace colony::testing
