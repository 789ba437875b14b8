#include "pxe/dhcp/boot_client.hpp"

#include <gtest/gtest.h>

#include "tests/pxe/captures.hpp"

using namespace colony::core;
using namespace colony::pxe::dhcp;

namespace {

Message capture(const std::string& name) {
  return *decode(colony::test::read_capture(std::string(CAPTURES) + "/" + name + ".hex"));
}

Bytes bytes(std::string_view text) {
  return *parse_hex(text);
}

}  // namespace

TEST(BootClient, RecognisesEveryCapturedFirmware) {
  struct Row {
    const char* capture;
    BootStage stage;
    ClientArch arch;
    const char* mac;
  };
  for (const Row& row : {
           Row{"discover-bios-ipxe-rom", BootStage::ipxe, ClientArch::bios_x86, "52:54:00:aa:00:01"},
           Row{"discover-bios-undionly", BootStage::ipxe, ClientArch::bios_x86, "52:54:00:aa:00:01"},
           Row{"discover-uefi-pxe", BootStage::firmware_pxe, ClientArch::efi_x64, "52:54:00:aa:00:02"},
           Row{"discover-uefi-ipxe", BootStage::ipxe, ClientArch::efi_x64, "52:54:00:aa:00:02"},
           Row{"discover-uefi-http", BootStage::firmware_http, ClientArch::efi_x64_http, "52:54:00:aa:00:03"},
       }) {
    const auto client = classify(capture(row.capture));
    ASSERT_TRUE(client) << row.capture;
    EXPECT_EQ(client->request.stage, row.stage) << row.capture;
    EXPECT_EQ(client->request.arch, row.arch) << row.capture;
    EXPECT_EQ(client->request.mac.to_string(), row.mac) << row.capture;
    // As the machine's own tools print it: qemu -uuid 01234567-89ab-...
    ASSERT_TRUE(client->request.uuid) << row.capture;
    EXPECT_EQ(client->request.uuid->to_string(), "01234567-89ab-cdef-1122-334455667788") << row.capture;
  }
}

TEST(BootClient, AnOrdinaryClientIsNoBootClient) {
  Message message;
  EXPECT_FALSE(classify(message));
  message.options.add_text(OptionCode::vendor_class, "udhcp 1.35.0");
  EXPECT_FALSE(classify(message));
  message.options.add_text(OptionCode::user_class, "notiPXE");
  EXPECT_FALSE(classify(message));
}

TEST(BootClient, ReadsTheUserClassInBothEncodings) {
  using Classes = std::vector<std::string_view>;
  EXPECT_EQ(parse_user_classes(as_bytes("iPXE")), Classes{"iPXE"});
  const Bytes one = bytes("0469505845");
  EXPECT_EQ(parse_user_classes(one), Classes{"iPXE"});
  const Bytes two = bytes(
      "0141"
      "0469505845");
  EXPECT_EQ(parse_user_classes(two), (Classes{"A", "iPXE"}));
  const Bytes cut = bytes("04695058");
  EXPECT_EQ(parse_user_classes(cut), Classes{as_text(cut)});
  const Bytes empty_class = bytes("00");
  EXPECT_EQ(parse_user_classes(empty_class), Classes{as_text(empty_class)});
  EXPECT_EQ(parse_user_classes({}), Classes{});
}

TEST(BootClient, UserClassAloneMeansIpxe) {
  for (const auto* value : {"69505845", "0469505845"}) {
    Message message;
    message.options.add(OptionCode::user_class, bytes(value));
    const auto client = classify(message);
    ASSERT_TRUE(client);
    EXPECT_EQ(client->request.stage, BootStage::ipxe);
  }
}

TEST(BootClient, TakesTheFirstKnownArchitectureOfTheList) {
  EXPECT_EQ(parse_client_architecture(bytes("0000")), ClientArch::bios_x86);
  EXPECT_EQ(parse_client_architecture(bytes("0006"
                                            "0009"
                                            "0000")),
            ClientArch::efi_x64);
  EXPECT_EQ(parse_client_architecture(bytes("000b")), ClientArch::efi_arm64);
  EXPECT_EQ(parse_client_architecture(bytes("0010")), ClientArch::efi_x64_http);
  EXPECT_EQ(parse_client_architecture(bytes("0013")), ClientArch::efi_arm64_http);
  EXPECT_EQ(parse_client_architecture(bytes("00060a")), ClientArch::unknown);
  EXPECT_EQ(parse_client_architecture({}), ClientArch::unknown);
}

TEST(BootClient, FallsBackToTheVendorClassWhenOption93IsMissing) {
  EXPECT_EQ(parse_vendor_class_architecture("PXEClient:Arch:00007:UNDI:003000"), ClientArch::efi_x64);
  EXPECT_EQ(parse_vendor_class_architecture("PXEClient:Arch:00000:UNDI:002001"), ClientArch::bios_x86);
  for (const auto* text : {"PXEClient", "PXEClient:Arch:", "PXEClient:Arch:7",
                           "PXEClient:Arch:0000x:", "PXEClient:Arch:99999:UNDI", "PXEClient:Arch:-0007"}) {
    EXPECT_EQ(parse_vendor_class_architecture(text), ClientArch::unknown) << text;
  }
  Message message;
  message.options.add_text(OptionCode::vendor_class, "PXEClient:Arch:00011:UNDI:003000");
  EXPECT_EQ(classify(message)->request.arch, ClientArch::efi_arm64);
  message.options.add(OptionCode::client_architecture, bytes("0063"));  // present and unknown: no guessing
  EXPECT_EQ(classify(message)->request.arch, ClientArch::unknown);
}

TEST(BootClient, OneBadOptionHidesNoClient) {
  Message message;
  message.options.add_text(OptionCode::vendor_class, "PXEClient:Arch:00007:UNDI:003000");
  message.options.add(OptionCode::client_architecture, bytes("07"));
  message.options.add(OptionCode::client_machine_identifier, bytes("0011"));
  message.options.add(OptionCode::vendor_specific, bytes("06ff01"));
  const auto client = classify(message);
  ASSERT_TRUE(client);
  EXPECT_EQ(client->request.arch, ClientArch::unknown);
  EXPECT_FALSE(client->request.uuid);
  EXPECT_FALSE(client->boot_item);
}

TEST(BootClient, ReadsPxeVendorOptions) {
  const auto options =
      parse_pxe_vendor_options(bytes("060108"
                                     "4704"
                                     "00010002"
                                     "00"
                                     "0a024141"
                                     "ff"
                                     "99"));
  ASSERT_TRUE(options);
  EXPECT_EQ(options->discovery_control, use_offered_boot_file);
  EXPECT_EQ(options->boot_item, (PxeVendorOptions::BootItem{1, 2}));
  EXPECT_EQ(parse_pxe_vendor_options(bytes("06020801"
                                           "470100ff")),
            PxeVendorOptions{});
  EXPECT_FALSE(parse_pxe_vendor_options(bytes("0601")));
  EXPECT_FALSE(parse_pxe_vendor_options(bytes("06")));
}

TEST(BootClient, ReadsIpxeOptions) {
  const auto seen = parse_ipxe_options(*capture("discover-bios-ipxe-rom").options.find(OptionCode::ipxe));
  ASSERT_TRUE(seen);
  EXPECT_TRUE(seen->speaks_http);
  EXPECT_FALSE(seen->no_pxe_dhcp);
  EXPECT_EQ(parse_ipxe_options(bytes("b00101"))->no_pxe_dhcp, 1);
  EXPECT_EQ(parse_ipxe_options(bytes("b0020101")), IpxeOptions{});
  EXPECT_FALSE(parse_ipxe_options(bytes("b00201")));
}

TEST(BootClient, ReadsTheUndiVersion) {
  EXPECT_EQ(parse_client_network_interface(bytes("01030a")), (ClientNetworkInterface{1, 3, 10}));
  EXPECT_FALSE(parse_client_network_interface(bytes("0103")));
}

TEST(BootClient, EveryPrefixOfEveryParserIsHarmless) {
  const Message message = capture("discover-bios-ipxe-rom");
  for (const auto& option : message.options.all()) {
    for (std::size_t size = 0; size <= option.value.size(); ++size) {
      const auto prefix = ByteView(option.value).first(size);
      (void)parse_pxe_vendor_options(prefix);
      (void)parse_ipxe_options(prefix);
      (void)parse_client_network_interface(prefix);
      (void)parse_machine_identifier(prefix);
      (void)parse_user_classes(prefix);
      (void)parse_client_architecture(prefix);
      (void)parse_vendor_class_architecture(as_text(prefix));
    }
  }
}
