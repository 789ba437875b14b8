#include "drivers/ipmi/user_operations.hpp"

#include "drivers/ipmi/ask.hpp"
#include "drivers/ipmi/users.hpp"

namespace colony::drivers::ipmi {

using core::Result;
using core::Task;

namespace {

Task<Result<>> tell(Link& link, Command command, core::BootTime deadline) {
  const auto done = co_await ask(link, std::move(command), deadline);
  if (!done) co_return std::unexpected(done.error());
  co_return Result<>{};
}

Task<Result<UserAccessReply>> read_access(Link& link, UserId user, core::BootTime deadline) {
  const auto data = co_await ask(link, get_user_access(user), deadline);
  if (!data) co_return std::unexpected(data.error());
  const auto reply = parse_user_access(*data);
  if (!reply) co_return fail(reply.error());
  co_return *reply;
}

}  // namespace

Task<Result<std::vector<BmcUser>>> read_users(Link& link, core::BootTime deadline) {
  const auto first = co_await read_access(link, {1}, deadline);
  if (!first) co_return std::unexpected(first.error());
  std::vector<BmcUser> users;
  for (std::uint8_t id = 1; id <= first->max_users; ++id) {
    const auto data = co_await ask(link, get_user_name({id}), deadline);
    if (!data) {
      // Many BMCs refuse to tell the name of a user that is not set up, or of the first one, who has none.
      if (is_about_content(data.error())) continue;
      co_return std::unexpected(data.error());
    }
    auto name = parse_user_name(*data);
    if (!name) co_return fail(name.error());
    if (name->empty()) continue;
    const auto access = co_await read_access(link, {id}, deadline);
    if (!access) co_return std::unexpected(access.error());
    users.push_back({{id}, std::move(*name), access->enabled, access->access});
  }
  co_return users;
}

Task<Result<>> write_user_name(Link& link, UserId user, std::string name, core::BootTime deadline) {
  auto command = set_user_name(user, name);
  if (!command) co_return fail(command.error());
  co_return co_await tell(link, std::move(*command), deadline);
}

Task<Result<>> write_user_access(Link& link, UserId user, UserAccess access, core::BootTime deadline) {
  return tell(link, set_user_access(user, access), deadline);
}

Task<Result<>> write_user_enabled(Link& link, UserId user, UserEnabled enabled, core::BootTime deadline) {
  const auto act = enabled == UserEnabled::no ? PasswordAct::disable : PasswordAct::enable;
  auto command = set_user_password({.user = user, .act = act, .form = {}, .password = {}});
  if (!command) co_return fail(command.error());
  co_return co_await tell(link, std::move(*command), deadline);
}

Task<Result<>> write_user_password(Link& link, UserId user, SharedSecret password, core::BootTime deadline) {
  const auto form = form_of(*password);
  if (!form) co_return fail(form.error());
  auto command = set_user_password(
      {.user = user, .act = PasswordAct::set, .form = *form, .password = password->clone()});
  if (!command) co_return fail(command.error());
  co_return co_await tell(link, std::move(*command), deadline);
}

Task<Result<PasswordVerdict>> try_user_password(Link& link, UserId user, SharedSecret password,
                                                core::BootTime deadline) {
  const auto form = form_of(*password);
  if (!form) co_return fail(form.error());
  auto command = set_user_password(
      {.user = user, .act = PasswordAct::test, .form = *form, .password = password->clone()});
  if (!command) co_return fail(command.error());
  const auto answer = co_await link.call(std::move(*command), deadline);
  if (!answer) co_return std::unexpected(answer.error());
  if (const auto verdict = password_verdict(answer->completion)) co_return *verdict;
  co_return fail(completion_meaning(answer->completion), answer->completion);
}

}  // namespace colony::drivers::ipmi
