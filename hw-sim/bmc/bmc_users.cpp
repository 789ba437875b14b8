#include "hw-sim/bmc/bmc_users.hpp"

#include <algorithm>

namespace colony::hw_sim {

namespace ipmi = drivers::ipmi;
namespace completion = ipmi::completion;

namespace {

constexpr std::size_t cut_to = 8;  // what a BMC keeps that "takes" a password and cuts it

bool is_app(const ipmi::RequestMessage& request) {
  return static_cast<ipmi::NetFn>(request.net_fn) == ipmi::NetFn::app;
}

UserReply fail(std::uint8_t code) {
  return {code, {}};
}

UserReply ok(core::Bytes data = {}) {
  return {completion::ok, std::move(data)};
}

}  // namespace

bool sets_password(const ipmi::RequestMessage& request) {
  return is_app(request) && request.code == ipmi::user_code::set_password && request.data.size() > 1 &&
         (request.data[1] & 0x03) == static_cast<core::Byte>(ipmi::PasswordAct::set);
}

BmcUserTable::BmcUserTable(const BmcProfile& profile) {
  User& first = users_[1];
  first.name = profile.username;
  first.password = profile.password.clone();
  first.enabled = true;
  first.access = {.messaging = true, .limit = drivers::UserPrivilege::administrator};
  first.long_form = profile.password.reveal().size() > ipmi::short_password;
}

BmcUserTable::User* BmcUserTable::who_may_log_in(std::string_view wanted) {
  const auto found = std::ranges::find_if(users_, [&](const User& user) { return user.name == wanted; });
  const bool may = found != users_.end() && found->enabled && !found->locked && found->access.messaging &&
                   found->access.limit != drivers::UserPrivilege::none;
  return may ? &*found : nullptr;
}

void BmcUserTable::on_login(std::string_view who) {
  if (User* const user = who_may_log_in(who)) user->rejected = 0;
}

void BmcUserTable::on_rejection(std::string_view who) {
  User* const user = who_may_log_in(who);
  if (user == nullptr) return;
  user->most_rejected = std::max(user->most_rejected, ++user->rejected);
  if (lockout_after_ != 0 && user->rejected >= lockout_after_) user->locked = true;
}

std::optional<UserReply> BmcUserTable::run(const ipmi::RequestMessage& request, ipmi::Privilege privilege,
                                           PasswordFate fate) {
  if (!is_app(request)) return std::nullopt;
  const bool ours =
      request.code >= ipmi::user_code::set_access && request.code <= ipmi::user_code::set_password;
  if (!ours) return std::nullopt;
  const bool asks = request.code == ipmi::user_code::get_access || request.code == ipmi::user_code::get_name;
  const auto needed = asks ? ipmi::Privilege::operator_ : ipmi::Privilege::administrator;
  if (privilege < needed) return fail(completion::not_privileged);
  switch (request.code) {
    case ipmi::user_code::get_access: return access(request.data);
    case ipmi::user_code::set_access: return set_access(request.data);
    case ipmi::user_code::get_name: return name(request.data);
    case ipmi::user_code::set_name: return set_name(request.data);
    default: return set_password(request.data, fate);
  }
}

BmcUserTable::User* BmcUserTable::find(drivers::UserId id) {
  if (id.value == 0 || id.value > size) return nullptr;
  return &users_.at(id.value - 1U);
}

UserReply BmcUserTable::access(core::ByteView request) {
  if (request.size() != 2) return fail(completion::request_length);
  const User* const user = find({static_cast<std::uint8_t>(request[1] & 0x3f)});
  if (user == nullptr) return fail(completion::out_of_range);
  ipmi::UserAccessReply reply;
  reply.max_users = size;
  reply.enabled_users =
      static_cast<std::uint8_t>(std::ranges::count_if(users_, [](const User& each) { return each.enabled; }));
  reply.fixed_names = 1;
  reply.enabled = user->enabled ? drivers::UserEnabled::yes : drivers::UserEnabled::no;
  reply.access = user->access;
  return ok(ipmi::encode(reply));
}

UserReply BmcUserTable::set_access(core::ByteView request) {
  const auto order = ipmi::parse_set_user_access(request);
  if (!order) return fail(completion::request_length);
  User* const user = find(order->user);
  if (user == nullptr) return fail(completion::out_of_range);
  const auto limit = order->access.limit;
  if (order->changes_bits) user->access = order->access;
  user->access.limit = limit;
  return ok();
}

UserReply BmcUserTable::name(core::ByteView request) {
  if (request.size() != 1) return fail(completion::request_length);
  const User* const user = find({static_cast<std::uint8_t>(request[0] & 0x3f)});
  if (user == nullptr) return fail(completion::out_of_range);
  core::Bytes field(user->name.begin(), user->name.end());
  field.resize(ipmi::max_username);
  return ok(std::move(field));
}

UserReply BmcUserTable::set_name(core::ByteView request) {
  const auto order = ipmi::parse_set_user_name(request);
  if (!order) return fail(completion::request_length);
  User* const user = find(order->user);
  if (user == nullptr) return fail(completion::out_of_range);
  if (user == &users_.front()) return fail(completion::invalid_field);  // its name is fixed: none
  user->name = order->name;
  return ok();
}

UserReply BmcUserTable::set_password(core::ByteView request, PasswordFate fate) {
  auto order = ipmi::parse_set_user_password(request);
  if (!order) return fail(completion::request_length);
  User* const user = find(order->user);
  if (user == nullptr) return fail(completion::out_of_range);
  const bool long_form = order->form == ipmi::PasswordForm::long20;
  switch (order->act) {
    case ipmi::PasswordAct::disable:
    case ipmi::PasswordAct::enable:
      user->enabled = order->act == ipmi::PasswordAct::enable;
      user->locked = false;
      return ok();
    case ipmi::PasswordAct::test:
      if (long_form != user->long_form) return fail(completion::wrong_password_size);
      if (!user->password.equals(order->password.reveal())) return fail(completion::wrong_password);
      return ok();
    case ipmi::PasswordAct::set: break;
  }
  user->password = fate == PasswordFate::cut ? core::Secret(order->password.reveal().substr(0, cut_to))
                                             : std::move(order->password);
  user->long_form = long_form;
  user->rejected = 0;
  ++user->passwords_set;
  return ok();
}

}  // namespace colony::hw_sim
