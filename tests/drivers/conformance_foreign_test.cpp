#include "tests/drivers/conformance.hpp"

namespace colony::testing {

using drivers::ipmi::CipherSuite;

INSTANTIATE_TEST_SUITE_P(
    Foreign, BmcConformance,
    ::testing::Values(NamedRig{"IpmitoolSuite17", [] { return ipmitool_rig(CipherSuite::sha256_aes); }},
                      NamedRig{"IpmitoolSuite3", [] { return ipmitool_rig(CipherSuite::sha1_aes); }},
                      NamedRig{"IpmitoolLikeOpenBmc",
                               [] { return ipmitool_rig(CipherSuite::sha256_aes, "openbmc"); }},
                      NamedRig{"NativeOnIpmiSim", native_on_ipmi_sim},
                      NamedRig{"IpmitoolOnIpmiSim", ipmitool_on_ipmi_sim}),
    rig_name);

}  // namespace colony::testing
