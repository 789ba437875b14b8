#include "drivers/ipmi/users.hpp"

#include <algorithm>

namespace colony::drivers::ipmi {

namespace {

constexpr std::uint8_t this_channel = 0x0e;
constexpr std::uint8_t id_mask = 0x3f;
constexpr std::uint8_t changes_bits = 0x80, callback_bit = 0x40, link_bit = 0x20, messaging_bit = 0x10;
constexpr std::uint8_t twenty_bytes = 0x80;
constexpr std::uint8_t enabled_bits = 0x40, disabled_bits = 0x80;

std::uint8_t flags_of(const UserAccess& access) {
  return static_cast<std::uint8_t>((access.callback_only ? callback_bit : 0) |
                                   (access.link_auth ? link_bit : 0) |
                                   (access.messaging ? messaging_bit : 0));
}

UserAccess access_of(std::uint8_t flags, std::uint8_t limit) {
  UserAccess access;
  access.callback_only = (flags & callback_bit) != 0;
  access.link_auth = (flags & link_bit) != 0;
  access.messaging = (flags & messaging_bit) != 0;
  limit &= 0x0f;
  const bool known = limit >= 1 && limit <= static_cast<std::uint8_t>(UserPrivilege::oem);
  access.limit = known ? static_cast<UserPrivilege>(limit) : UserPrivilege::none;
  return access;
}

/// Text in a field of fixed size, up to its first NUL.
std::string padded_text(core::ByteView field) {
  const auto end = std::ranges::find(field, 0);
  return {field.begin(), end};
}

Parsed<UserId> user_of(std::optional<std::uint8_t> octet) {
  if (!octet || (*octet & id_mask) == 0) return std::unexpected(IpmiError::bad_reply);
  return UserId{static_cast<std::uint8_t>(*octet & id_mask)};
}

}  // namespace

Command get_user_access(UserId user) {
  return {NetFn::app, user_code::get_access, {this_channel, user.value}};
}

Parsed<UserAccessReply> parse_user_access(core::ByteView data) {
  core::ByteReader in(data);
  const auto most = in.u8();
  const auto enabled = in.u8();
  const auto fixed = in.u8();
  const auto access = in.u8();
  if (!most || !enabled || !fixed || !access) return std::unexpected(IpmiError::bad_reply);
  UserAccessReply reply;
  reply.max_users = static_cast<std::uint8_t>(*most & id_mask);
  if (reply.max_users == 0) return std::unexpected(IpmiError::bad_reply);
  reply.enabled_users = static_cast<std::uint8_t>(*enabled & id_mask);
  reply.fixed_names = static_cast<std::uint8_t>(*fixed & id_mask);
  const unsigned told = *enabled & 0xc0U;
  if (told == enabled_bits) reply.enabled = UserEnabled::yes;
  if (told == disabled_bits) reply.enabled = UserEnabled::no;
  reply.access = access_of(*access, *access);
  return reply;
}

core::Bytes encode(const UserAccessReply& reply) {
  unsigned told = 0;
  if (reply.enabled == UserEnabled::yes) told = enabled_bits;
  if (reply.enabled == UserEnabled::no) told = disabled_bits;
  return {reply.max_users, static_cast<core::Byte>(told | reply.enabled_users), reply.fixed_names,
          static_cast<core::Byte>(flags_of(reply.access) | static_cast<unsigned>(reply.access.limit))};
}

Command set_user_access(UserId user, const UserAccess& access) {
  return {NetFn::app,
          user_code::set_access,
          {static_cast<core::Byte>(changes_bits | flags_of(access) | this_channel), user.value,
           static_cast<core::Byte>(access.limit)}};
}

Parsed<SetUserAccess> parse_set_user_access(core::ByteView request) {
  core::ByteReader in(request);
  const auto flags = in.u8();
  const auto user = user_of(in.u8());
  const auto limit = in.u8();
  if (!flags || !user || !limit) return std::unexpected(IpmiError::bad_reply);
  return SetUserAccess{*user, (*flags & changes_bits) != 0, access_of(*flags, *limit)};
}

Command get_user_name(UserId user) {
  return {NetFn::app, user_code::get_name, {user.value}};
}

Parsed<std::string> parse_user_name(core::ByteView data) {
  core::ByteReader in(data);
  const auto field = in.take(max_username);
  if (!field) return std::unexpected(IpmiError::bad_reply);
  return padded_text(*field);
}

Parsed<Command> set_user_name(UserId user, std::string_view name) {
  if (name.size() > max_username) return std::unexpected(IpmiError::credentials);
  core::Bytes data{user.value};
  data.insert(data.end(), name.begin(), name.end());
  data.resize(1 + max_username);
  return Command{NetFn::app, user_code::set_name, std::move(data)};
}

Parsed<SetUserName> parse_set_user_name(core::ByteView request) {
  core::ByteReader in(request);
  const auto user = user_of(in.u8());
  const auto field = in.take(max_username);
  if (!user || !field || !in.at_end()) return std::unexpected(IpmiError::bad_reply);
  return SetUserName{*user, padded_text(*field)};
}

Parsed<PasswordForm> form_of(const core::Secret& password) {
  const std::size_t size = password.reveal().size();
  if (size > max_password) return std::unexpected(IpmiError::credentials);
  return size > short_password ? PasswordForm::long20 : PasswordForm::short16;
}

Parsed<Command> set_user_password(const SetUserPassword& order) {
  const auto text = order.password.reveal();
  const std::size_t size = order.form == PasswordForm::long20 ? max_password : short_password;
  if (text.size() > size) return std::unexpected(IpmiError::credentials);
  const unsigned form = order.form == PasswordForm::long20 ? twenty_bytes : 0;
  core::Bytes data{static_cast<core::Byte>(form | order.user.value), static_cast<core::Byte>(order.act)};
  if (order.act == PasswordAct::set || order.act == PasswordAct::test) {
    data.insert(data.end(), text.begin(), text.end());
    data.resize(2 + size);
  }
  return Command{NetFn::app, user_code::set_password, std::move(data)};
}

Parsed<SetUserPassword> parse_set_user_password(core::ByteView request) {
  core::ByteReader in(request);
  const auto first = in.u8();
  const auto user = user_of(first);
  const auto act = in.u8();
  if (!first || !user || !act) return std::unexpected(IpmiError::bad_reply);
  SetUserPassword order;
  order.user = *user;
  order.act = static_cast<PasswordAct>(*act & 0x03);
  order.form = (*first & twenty_bytes) != 0 ? PasswordForm::long20 : PasswordForm::short16;
  // To disable or enable a user takes no password; ipmitool sends one all the same.
  if (order.act == PasswordAct::disable || order.act == PasswordAct::enable) return order;
  const auto field = in.take(order.form == PasswordForm::long20 ? max_password : short_password);
  if (!field || !in.at_end()) return std::unexpected(IpmiError::bad_reply);
  std::string text = padded_text(*field);
  order.password = core::Secret(text);
  core::wipe_text(text);
  return order;
}

std::optional<PasswordVerdict> password_verdict(std::uint8_t code) {
  switch (code) {
    case completion::ok: return PasswordVerdict::right;
    case completion::wrong_password: return PasswordVerdict::wrong;
    case completion::wrong_password_size: return PasswordVerdict::wrong_size;
    default: return std::nullopt;
  }
}

}  // namespace colony::drivers::ipmi
