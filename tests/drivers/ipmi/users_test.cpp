// User commands by golden bytes (IPMI 2.0 sections 22.26-22.31); every prefix fails cleanly.

#include "drivers/ipmi/users.hpp"

#include <gtest/gtest.h>

using namespace colony;
using namespace colony::drivers;
using namespace colony::drivers::ipmi;

namespace {

core::Bytes bytes(std::string_view hex) {
  return *core::parse_hex(hex);
}

template <class Parse>
void every_prefix_fails(const core::Bytes& whole, Parse parse) {
  ASSERT_TRUE(parse(whole));
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_FALSE(parse(core::ByteView(whole).first(size))) << size;
  }
}

SetUserPassword order(PasswordAct act, std::string_view password, PasswordForm form) {
  return {.user = {2}, .act = act, .form = form, .password = core::Secret(password)};
}

}  // namespace

TEST(UserAccess, IsAskedForOnTheChannelOfTheSession) {
  const auto command = get_user_access({2});
  EXPECT_EQ(command.net_fn, NetFn::app);
  EXPECT_EQ(command.code, 0x44);
  EXPECT_EQ(command.data, bytes("0e02"));
}

TEST(UserAccess, AReplySaysWhoMayDoWhat) {
  const auto reply = parse_user_access(bytes("0a420134"));
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->max_users, 10);
  EXPECT_EQ(reply->enabled_users, 2);
  EXPECT_EQ(reply->fixed_names, 1);
  EXPECT_EQ(reply->enabled, UserEnabled::yes);
  EXPECT_TRUE(reply->access.messaging);
  EXPECT_TRUE(reply->access.link_auth);
  EXPECT_FALSE(reply->access.callback_only);
  EXPECT_EQ(reply->access.limit, UserPrivilege::administrator);
  EXPECT_EQ(encode(*reply), bytes("0a420134"));
  every_prefix_fails(bytes("0a420134"), parse_user_access);
}

TEST(UserAccess, WhatOldBmcsLeaveOutAndOddOnesInventIsTolerated) {
  EXPECT_EQ(parse_user_access(bytes("0a020134"))->enabled, UserEnabled::untold);
  EXPECT_EQ(parse_user_access(bytes("0a820134"))->enabled, UserEnabled::no);
  EXPECT_EQ(parse_user_access(bytes("0a42010f"))->access.limit, UserPrivilege::none);
  EXPECT_EQ(parse_user_access(bytes("0a420109"))->access.limit, UserPrivilege::none);
  EXPECT_FALSE(parse_user_access(bytes("00420134"))) << "no users at all";
}

TEST(UserAccess, IsSetWithItsFlags) {
  const auto command = set_user_access({3}, {.messaging = true, .limit = UserPrivilege::operator_});
  EXPECT_EQ(command.code, 0x43);
  EXPECT_EQ(command.data, bytes("9e0303"));
  const auto back = parse_set_user_access(command.data);
  ASSERT_TRUE(back);
  EXPECT_EQ(back->user.value, 3);
  EXPECT_TRUE(back->changes_bits);
  EXPECT_EQ(back->access, (UserAccess{.messaging = true, .limit = UserPrivilege::operator_}));
  every_prefix_fails(command.data, parse_set_user_access);
  EXPECT_FALSE(parse_set_user_access(bytes("1e0302"))->changes_bits);
}

TEST(UserName, HasSixteenBytesAndEndsAtItsFirstNul) {
  const auto command = set_user_name({2}, "ADMIN");
  ASSERT_TRUE(command);
  EXPECT_EQ(command->code, 0x45);
  EXPECT_EQ(command->data, bytes("0241444d494e0000000000000000000000"));
  const auto back = parse_set_user_name(command->data);
  ASSERT_TRUE(back);
  EXPECT_EQ(back->name, "ADMIN");
  every_prefix_fails(command->data, parse_set_user_name);
  EXPECT_FALSE(set_user_name({2}, "seventeen-letters"));
  const auto reply = bytes("41444d494e0041000000000000000000");
  EXPECT_EQ(*parse_user_name(reply), "ADMIN");
  every_prefix_fails(reply, parse_user_name);
  EXPECT_EQ(*parse_user_name(bytes("30313233343536373839303132333435")), "0123456789012345");
  EXPECT_EQ(get_user_name({9}).data, bytes("09"));
}

TEST(UserPassword, HasAShortAndALongForm) {
  const auto brief = set_user_password(order(PasswordAct::set, "secret", PasswordForm::short16));
  ASSERT_TRUE(brief);
  EXPECT_EQ(brief->code, 0x47);
  EXPECT_EQ(brief->data, bytes("0202736563726574"
                               "00000000000000000000"));
  const auto lengthy = set_user_password(order(PasswordAct::test, "secret", PasswordForm::long20));
  ASSERT_TRUE(lengthy);
  EXPECT_EQ(lengthy->data, bytes("8203736563726574"
                                 "0000000000000000000000000000"));
  for (const auto& command : {*brief, *lengthy}) {
    const auto back = parse_set_user_password(command.data);
    ASSERT_TRUE(back);
    EXPECT_EQ(back->password.reveal(), "secret");
    EXPECT_EQ(back->user.value, 2);
    every_prefix_fails(command.data, parse_set_user_password);
    auto longer = command.data;
    longer.push_back(0);
    EXPECT_FALSE(parse_set_user_password(longer));
  }
}

TEST(UserPassword, TheFormFollowsTheLength) {
  EXPECT_EQ(form_of(core::Secret("0123456789012345")), PasswordForm::short16);
  EXPECT_EQ(form_of(core::Secret("01234567890123456")), PasswordForm::long20);
  EXPECT_EQ(form_of(core::Secret("01234567890123456789")), PasswordForm::long20);
  EXPECT_EQ(form_of(core::Secret("012345678901234567890")).error(), IpmiError::credentials);
  EXPECT_FALSE(set_user_password(order(PasswordAct::set, "01234567890123456", PasswordForm::short16)));
}

TEST(UserPassword, EnablingTakesNone) {
  const auto command = set_user_password(order(PasswordAct::enable, "", PasswordForm::short16));
  ASSERT_TRUE(command);
  EXPECT_EQ(command->data, bytes("0201"));
  EXPECT_EQ(parse_set_user_password(command->data)->act, PasswordAct::enable);
  EXPECT_EQ(parse_set_user_password(bytes("020000000000000000000000000000000000"))->act, PasswordAct::disable)
      << "ipmitool sends one all the same";
}

TEST(UserPassword, ATestSaysRightWrongOrOfAnotherSize) {
  EXPECT_EQ(password_verdict(0x00), PasswordVerdict::right);
  EXPECT_EQ(password_verdict(0x80), PasswordVerdict::wrong);
  EXPECT_EQ(password_verdict(0x81), PasswordVerdict::wrong_size);
  EXPECT_EQ(password_verdict(0xcc), std::nullopt);
}
