#include "hw-sim/hosted/hosted_server.hpp"

#include <cerrno>
#include <cstdio>

#include <fcntl.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <sys/mman.h>
#include <unistd.h>

namespace colony::hw_sim {

using core::Task;
using core::http::HttpRequest;
using core::http::HttpResponse;
using core::http::Method;

namespace {

/// A body that promises more than there is: the connection breaks in the middle.
core::http::Body broken_body(std::string_view text) {
  auto file = std::make_shared<core::FileDescriptor>(::memfd_create("answer", MFD_CLOEXEC));
  if (file->valid() && ::write(file->get(), text.data(), text.size()) < 0) file->reset();
  return core::http::FileBody{std::move(file), text.size() + 64};
}

HttpResponse response_of(const HostedReply& reply) {
  HttpResponse response;
  response.status = reply.status;
  if (!reply.body.empty()) response.headers.add("Content-Type", "application/json");
  if (!reply.retry_after.empty()) response.headers.add("Retry-After", reply.retry_after);
  switch (reply.delivered) {
    case Delivered::whole: response.body = reply.body; break;
    case Delivered::half:
      response.body = broken_body(std::string_view(reply.body).substr(0, reply.body.size() / 2));
      break;
    case Delivered::not_at_all: response.body = broken_body({}); break;
  }
  // A broken answer must not look like an empty one.
  if (reply.delivered != Delivered::whole && reply.status == core::http::Status::no_content) {
    response.status = core::http::Status::ok;
  }
  return response;
}

}  // namespace

core::Result<> write_whole(const std::string& path, const std::string& text) {
  const std::string fresh = path + ".new";
  const core::FileDescriptor file(::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  if (!file.valid()) return core::fail_errno("hosted_sim.state", fresh, errno);
  std::string_view rest = text;
  while (!rest.empty()) {
    const ssize_t count = ::write(file.get(), rest.data(), rest.size());
    if (count < 0) return core::fail_errno("hosted_sim.state", fresh, errno);
    rest.remove_prefix(static_cast<std::size_t>(count));
  }
  if (std::rename(fresh.c_str(), path.c_str()) != 0) return core::fail_errno("hosted_sim.state", path, errno);
  return {};
}

HostedServer::HostedServer(core::Timers& timers, HostedModel& model, std::string state_file)
    : timers_(timers), model_(model), state_file_(std::move(state_file)), orders_changed_(timers) {
  orders_seen_ = model_.state()["operations"].size();
  for (const auto method : {Method::get, Method::post, Method::put, Method::patch, Method::del}) {
    router_.add(method, "/{path...}", [this](HttpRequest request) { return answer(std::move(request)); },
                {.body_limit = 8 << 20});
  }
}

void HostedServer::changed() {
  save();
  const auto orders = model_.state()["operations"].size();
  if (orders != orders_seen_) orders_changed_.notify();
  orders_seen_ = orders;
}

Task<HttpResponse> HostedServer::answer(HttpRequest request) {
  if (!request.path.starts_with("/api/v1/sim/")) on_request_();
  HostedAnswer answer = model_.handle(request, timers_.now(), timers_.utc_now());
  changed();
  if (const auto* hold = std::get_if<HostedHold>(&answer)) {
    const auto deadline = timers_.now() + hold->longest;
    (void)co_await orders_changed_.wait_until(deadline);
    answer = model_.answer_held(request);
  }
  const auto reply = std::get<HostedReply>(std::move(answer));
  if (reply.delay > core::Duration::zero()) co_await timers_.sleep_for(reply.delay);
  co_return response_of(reply);
}

void HostedServer::save() {
  // Before the answer goes out: what was acknowledged is in the file.
  if (state_file_.empty() || saved_version_ == model_.version()) return;
  saved_version_ = model_.version();
  if (const auto written = write_whole(state_file_, model_.state().dump(1)); !written) {
    fmt::print(stderr, "hw-sim hosted: {}\n", written.error().message);
  }
}

}  // namespace colony::hw_sim
