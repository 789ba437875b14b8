#include "daemon/address/address_shell.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <variant>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fmt/format.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/async/mailbox.hpp"

namespace colony::daemon {

namespace {

using core::ErrorKind;
using core::Result;

constexpr std::uint16_t ether_type_arp = 0x0806;
constexpr std::size_t most_queued = 64;   // ARP packets about our address that wait to be looked at
constexpr std::size_t frame_limit = 256;  // no ARP frame is longer; the rest of a longer one is cut off
constexpr unsigned frames_per_turn = 32;  // then others of the loop get their turn, also in an ARP storm

struct LinkUp {};
using Heard = std::variant<ArpPacket, LinkUp>;

core::Error conflict(const core::Ipv4Network& address, core::MacAddress other, std::string_view interface) {
  return {ErrorKind::conflict, "address.conflict",
          fmt::format(
              "{} on {} is in use by {}; take it from that machine, or set another load_balancer.ip, then "
              "systemctl restart colonyd",
              address.address.to_string(), interface, other.to_string())};
}

}  // namespace

std::string system_boot_id() {
  std::ifstream file("/proc/sys/kernel/random/boot_id");
  std::string id;
  std::getline(file, id);
  if (const char* given = std::getenv("COLONY_BOOT_ID"); id.empty() && given != nullptr) {
    // %b in a unit is the same number without hyphens.
    id = given;
  }
  std::erase(id, '-');
  return id.size() <= 64 ? id : "";
}

/// The packet socket while it listens, and the claim that it serves.
struct AddressShell::Link {
  Link(core::Timers& timers, core::FileDescriptor fd, const Claim& for_claim)
      : claim(for_claim), socket(timers.executor(), fd.release()), heard(timers, most_queued) {}

  [[nodiscard]] ClaimActions tell(const Heard& news, core::BootTime now, core::Random& random) {
    if (const auto* packet = std::get_if<ArpPacket>(&news)) return claim.on_arp(*packet, now);
    return claim.on_link_up(now, random);
  }

  Claim claim;
  boost::asio::posix::stream_descriptor socket;
  core::Mailbox<Heard> heard;
};

/// The netlink socket, from the first claim until the address is given back.
struct AddressShell::Watch {
  Watch(core::Timers& timers, core::InterfaceWatch opened)
      : notices(std::move(opened)), socket(timers.executor(), ::dup(notices.fd())) {}
  core::InterfaceWatch notices;
  boost::asio::posix::stream_descriptor socket;
};

AddressShell::AddressShell(World world)
    : world_(std::move(world)),
      lost_wakeup_(world_.timers),
      changed_(world_.timers),
      tasks_(world_.timers),
      watching_(world_.timers) {}

AddressShell::~AddressShell() = default;

core::Task<Result<ClaimedAddress>> AddressShell::claim(AddressWish wish) {
  const core::BootTime started = world_.timers.now();
  co_await stop_listening();
  lost_.reset();
  start_watch(wish.interface);
  const auto states = world_.kernel.interfaces();
  if (!states) co_return std::unexpected(states.error());
  auto plan = plan_address(wish.interface, wish.ip, *states, world_.records.load(), world_.boot_id);
  if (!plan) co_return std::unexpected(plan.error());
  if (auto done = co_await take_off_leftover(*plan); !done) co_return std::unexpected(done.error());
  plan_ = *plan;
  carrier_ = plan->interface.carrier;
  ours_ = plan->way == AddressPlan::Way::resume;
  if (plan->interface.arp) {
    if (!plan->interface.carrier) {
      world_.log.warn("address.no_carrier", "The interface has no link; nobody can be asked for the address.",
                      {{"interface", plan->interface.name}});
    }
    auto fd = world_.privileged.packet({.interface = plan->interface.name, .ether_type = ether_type_arp});
    if (!fd) co_return std::unexpected(fd.error());
    link_ = std::make_unique<Link>(world_.timers, std::move(*fd),
                                   Claim(plan->interface.mac, plan->address.address, world_.timing));
    tasks_.spawn("address.read", read_arp());
    auto claimed = co_await run_claim(*plan);
    if (!claimed) {
      co_await stop_listening();
      co_return std::unexpected(claimed.error());
    }
    tasks_.spawn("address.defend", defend());
  } else if (auto added = co_await put_on(*plan); !added) {
    co_return std::unexpected(added.error());  // loopback and point-to-point: nobody to ask
  }
  held_ = true;
  contested_ = false;
  const core::Duration took = world_.timers.now() - started;
  constexpr std::array<std::string_view, 3> ways{"claimed", "resumed after a crash", "was there before us"};
  world_.log.info("address.claimed", "The load-balancer address is ours.",
                  {{"address", plan->address},
                   {"interface", plan->interface.name},
                   {"how", ways[static_cast<std::size_t>(plan->way)]},
                   {"took", core::format_duration(took)}});
  co_return ClaimedAddress{plan->address, plan->interface.name, plan->interface.mac, plan->way, took};
}

core::Task<Result<>> AddressShell::take_off_leftover(AddressPlan plan) {
  if (!plan.leftover) co_return Result<>{};
  world_.log.info("address.leftover", "An address that an earlier run added is no longer wanted.",
                  {{"address", plan.leftover->address}});
  take_off(plan.leftover->interface_index, plan.leftover->address);
  co_return co_await world_.records.save(std::nullopt);
}

core::Task<Result<>> AddressShell::put_on(AddressPlan plan) {
  if (plan.way != AddressPlan::Way::claim) co_return Result<>{};
  auto saved = co_await world_.records.save(AddressRecord{plan.interface.name, plan.address, world_.boot_id});
  if (!saved) co_return saved;
  auto added = world_.kernel.add(plan.interface.index, plan.address);
  if (!added) {
    co_return std::unexpected(core::with_context(added.error(), plan.interface.name));
  }
  ours_ = true;
  co_return Result<>{};
}

core::Task<Result<>> AddressShell::run_claim(AddressPlan plan) {
  const core::BootTime now = world_.timers.now();
  const bool ask = plan.way == AddressPlan::Way::claim || contested_;
  ClaimActions actions = ask ? link_->claim.begin(now, world_.random) : link_->claim.resume(now);
  for (;;) {
    if (auto done = co_await perform(std::move(actions)); !done) co_return done;
    if (link_->claim.state() == Claim::State::holding) co_return Result<>{};
    const auto heard = co_await link_->heard.pop_until(link_->claim.deadline());
    actions = heard ? link_->tell(*heard, world_.timers.now(), world_.random)
                    : link_->claim.on_deadline(world_.timers.now(), world_.random);
  }
}

core::Task<Result<>> AddressShell::perform(ClaimActions actions) {
  for (const ClaimAction& action : actions) {
    if (const auto* send = std::get_if<SendArp>(&action)) {
      const core::Bytes frame = encode_arp_frame(send->packet);
      const ssize_t sent = ::send(link_->socket.native_handle(), frame.data(), frame.size(), 0);
      // A full queue loses one of several; an interface that is gone would make silence look like consent.
      if (sent < 0 && errno != EAGAIN && errno != ENOBUFS && errno != EINTR) {
        co_return core::fail_errno("address.send", fmt::format("ARP on {}", plan().interface.name), errno);
      }
    } else if (const auto* refused = std::get_if<Conflict>(&action)) {
      co_return std::unexpected(conflict(plan().address, refused->other, plan().interface.name));
    } else if (auto added = co_await put_on(plan()); !added) {
      co_return added;
    }
  }
  co_return Result<>{};
}

core::Task<> AddressShell::defend() {
  for (;;) {
    const auto heard = co_await link_->heard.pop_until(link_->claim.deadline());
    if (const auto* packet = heard ? std::get_if<ArpPacket>(&*heard) : nullptr) {
      world_.log.warn("address.conflict", "Another machine uses the load-balancer address.",
                      {{"address", plan().address.address}, {"other", packet->sender_mac}});
    }
    auto actions = heard ? link_->tell(*heard, world_.timers.now(), world_.random)
                         : link_->claim.on_deadline(world_.timers.now(), world_.random);
    auto done = co_await perform(std::move(actions));
    if (link_->claim.state() != Claim::State::lost) continue;  // a failed send is repaired by the next one
    held_ = false;
    contested_ = true;
    if (ours_) take_off(plan().interface.index, plan().address);
    ours_ = false;
    world_.log.error("address.lost", "Gave the load-balancer address up: another machine insists on it.",
                     {{"address", plan().address.address}, {"why", done.error().message}});
    lose(done.error());
    co_return;
  }
}

void AddressShell::lose(core::Error why) {
  held_ = false;
  lost_ = std::move(why);
  lost_wakeup_.wake();
}

core::Task<> AddressShell::wait_for_change(InterfaceName interface, core::BootTime deadline) {
  start_watch(interface);
  (void)co_await changed_.wait_until(deadline);
}

void AddressShell::start_watch(const InterfaceName& interface) {
  if (watch_) return;
  auto opened = core::InterfaceWatch::open();
  if (!opened) {
    world_.log.warn("address.unwatched", "Changes of the interface cannot be heard.",
                    {{"why", opened.error().message}});
    return;
  }
  watch_ = std::make_unique<Watch>(world_.timers, std::move(*opened));
  watching_.spawn("address.watch", watch(interface.text()));
}

core::Task<> AddressShell::watch(std::string interface) {
  for (;;) {
    const auto [error] = co_await watch_->socket.async_wait(
        boost::asio::posix::stream_descriptor::wait_read, boost::asio::as_tuple(boost::asio::use_awaitable));
    if (error) co_return;
    on_news(interface, watch_->notices.take());
  }
}

void AddressShell::on_news(const std::string& interface, const core::InterfaceWatch::News& news) {
  bool touched = news.missed_some;
  bool came_up = false;
  for (const auto& notice : news.notices) {
    const bool ours = notice.link && notice.link->name == interface;
    if (!ours && (!plan_ || notice.index != plan_->interface.index)) continue;
    touched = true;
    if (!notice.link) continue;
    came_up = came_up || (notice.link->carrier && !carrier_);
    carrier_ = notice.link->carrier;
  }
  if (!touched) return;
  if (came_up && link_) (void)link_->heard.try_push(LinkUp{});
  if (!held_) {
    changed_.wake();
  } else if (!is_still_there()) {
    ours_ = false;
    core::Error gone{
        ErrorKind::not_found, "address.gone",
        fmt::format("{} was taken off {} by somebody on this machine (ifdown, a network manager?)",
                    plan().address.address.to_string(), interface)};
    world_.log.error("address.gone", "The load-balancer address is no longer on its interface.",
                     {{"address", plan().address}, {"interface", interface}});
    lose(std::move(gone));
  }
}

bool AddressShell::is_still_there() {
  const auto states = world_.kernel.interfaces();
  if (!states) return true;  // not known: the next notice looks again
  const auto state = std::ranges::find(*states, plan().interface.index, &core::InterfaceState::index);
  return state != states->end() &&
         std::ranges::find(state->addresses, plan().address) != state->addresses.end();
}

core::Task<core::Error> AddressShell::lost() {
  while (!lost_) co_await lost_wakeup_.wait();
  co_return *lost_;
}

core::Task<> AddressShell::read_arp() {
  const core::Ipv4Address address = plan().address.address;
  const core::MacAddress own = plan().interface.mac;
  for (;;) {
    const auto [error] = co_await link_->socket.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                                                           boost::asio::as_tuple(boost::asio::use_awaitable));
    if (error) co_return;
    for (unsigned i = 0; i < frames_per_turn; ++i) {
      std::array<core::Byte, frame_limit> frame{};
      const ssize_t size = ::recv(link_->socket.native_handle(), frame.data(), frame.size(), 0);
      if (size <= 0) break;
      const auto packet = decode_arp_frame(core::ByteView(frame).first(static_cast<std::size_t>(size)));
      if (!packet || packet->sender_mac == own) continue;
      // Everybody who asks for us is heard here too; only claims of the address itself are of interest.
      const bool probe = packet->sender_ip.is_unspecified() && packet->target_ip == address;
      if (packet->sender_ip == address || (probe && link_->claim.state() == Claim::State::probing)) {
        (void)link_->heard.try_push(*packet);  // 64 conflicts in one turn say no more than one
      }
    }
  }
}

core::Task<> AddressShell::stop_listening() {
  held_ = false;
  tasks_.cancel();
  co_await tasks_.join();
  link_.reset();
}

void AddressShell::take_off(unsigned interface_index, const core::Ipv4Network& address) {
  const auto before = world_.kernel.interfaces();
  auto removed = world_.kernel.remove(interface_index, address);
  if (!removed && removed.error().kind != ErrorKind::not_found) {
    world_.log.error("address.give_back_failed", "The address could not be taken off.",
                     {{"address", address}, {"why", removed.error().message}});
    return;
  }
  // Without promote_secondaries the kernel takes the other addresses of the same network off together with
  // its first one (net.ipv4.conf.*.promote_secondaries): they are not ours to lose.
  const auto after = world_.kernel.interfaces();
  if (!before || !after) return;
  const auto old_state = std::ranges::find(*before, interface_index, &core::InterfaceState::index);
  const auto new_state = std::ranges::find(*after, interface_index, &core::InterfaceState::index);
  if (old_state == before->end() || new_state == after->end()) return;
  for (const auto& other : old_state->addresses) {
    if (other == address || std::ranges::find(new_state->addresses, other) != new_state->addresses.end()) {
      continue;
    }
    const auto restored = world_.kernel.add(interface_index, other);
    world_.log.warn("address.restored", "The kernel had taken another address off with ours; it is back.",
                    {{"address", other}, {"ok", restored ? "yes" : "no"}});
  }
}

core::Task<> AddressShell::give_back() {
  watching_.cancel();
  co_await watching_.join();
  watch_.reset();
  co_await stop_listening();
  if (!ours_) co_return;
  ours_ = false;
  take_off(plan().interface.index, plan().address);
  world_.log.info("address.given_back", "The load-balancer address is off the interface.",
                  {{"address", plan().address}, {"interface", plan().interface.name}});
  if (auto forgotten = co_await world_.records.save(std::nullopt); !forgotten) {
    world_.log.warn("address.record", "The record of the address could not be cleared.",
                    {{"why", forgotten.error().message}});
  }
}

}  // namespace colony::daemon
