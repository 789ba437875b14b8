// The session machine by script: feed, expect, advance. The other side is made of the codec, so that it can
// misbehave in ways that the simulated BMC does not.

#include "drivers/ipmi/session.hpp"

#include <gtest/gtest.h>

#include "core/random.hpp"

using namespace colony;
using namespace colony::drivers::ipmi;
using namespace std::chrono_literals;

namespace {

struct Script {
  core::SeededRandom random{7};
  drivers::BmcCredentials credentials{"ADMIN", core::Secret("secret")};
  core::BootTime now{};
  Session session{{.console_session = 42,
                   .suites = {CipherSuite::sha256_aes, CipherSuite::sha1_aes},
                   .privilege = Privilege::administrator,
                   .timing = {}},
                  credentials,
                  random};
  HandshakeContext context{};
  std::optional<HandshakeCodes> codes;
  std::optional<SessionKeys> keys;
  SequenceCounter counter;

  static core::Bytes payload_of(const Step& step) {
    const auto packet = decode_packet(step.send.at(0));
    return {packet->payload.begin(), packet->payload.end()};
  }
  Step feed(PayloadType type, const core::Bytes& payload) {
    return session.on_datagram(encode_plain(type, payload), now);
  }
  Step wait(core::Duration span) {
    now += span;
    return session.on_time(now);
  }
  static std::optional<Failed> failed(const Step& step) {
    if (!step.event || !std::holds_alternative<Failed>(*step.event)) return std::nullopt;
    return std::get<Failed>(*step.event);
  }
  static std::optional<IpmiError> failure(const Step& step) {
    const auto failure = failed(step);
    return failure ? std::optional(failure->error) : std::nullopt;
  }

  /// Up to the Open Session Response.
  Step offered(std::uint32_t bmc_session = 1234) { return offered(session.open(now), bmc_session); }
  Step offered(const Step& step, std::uint32_t bmc_session) {
    const auto request = *decode_open_session_request(payload_of(step));
    context.suite = *find_suite(request.algorithms);
    context.console_session = 42;
    context.bmc_session = bmc_session;
    return feed(PayloadType::open_session_response,
                encode(OpenSessionResponse{.tag = request.tag,
                                           .max_privilege = 0,
                                           .console_session = 42,
                                           .bmc_session = bmc_session,
                                           .algorithms = request.algorithms}));
  }
  Rakp2 make_rakp2(const Step& step, std::string_view password = "secret") {
    const auto rakp1 = *decode_rakp1(payload_of(step));
    context.console_random = rakp1.console_random;
    context.role = rakp1.role;
    context.username = rakp1.username;
    context.bmc_random.fill(3);
    context.bmc_guid.fill(5);
    codes.emplace(context, core::Secret(password));
    return {.tag = rakp1.tag,
            .console_session = 42,
            .bmc_random = context.bmc_random,
            .bmc_guid = context.bmc_guid,
            .code = core::Bytes(codes->rakp2().begin(), codes->rakp2().end())};
  }
  /// Up to our RAKP 3.
  Step convinced(const Step& step) { return feed(PayloadType::rakp2, encode(make_rakp2(step))); }
  /// RAKP 4 with a status other than "ok".
  Step refuse(const Step& rakp3, RmcpStatus status) {
    const auto tag = decode_rakp3(payload_of(rakp3), context.suite)->tag;
    return feed(PayloadType::rakp4, encode(Rakp4{.tag = tag, .status = status, .console_session = 42}));
  }
  Step proven(const Step& step) {
    const auto rakp3 = convinced(step);
    const auto request = *decode_rakp3(payload_of(rakp3), context.suite);
    EXPECT_EQ(core::hex(request.code), core::hex(codes->rakp3()));
    keys.emplace(codes->session_keys());
    return feed(PayloadType::rakp4,
                encode(Rakp4{.tag = request.tag,
                             .console_session = 42,
                             .code = core::Bytes(codes->rakp4().begin(), codes->rakp4().end())}));
  }
  RequestMessage request_in(const Step& step) {
    return *decode_request(*unseal(*keys, *decode_packet(step.send.at(0))));
  }
  core::Bytes sealed(const core::Bytes& message) { return seal(*keys, {42, counter.next()}, message, {}); }
  Step answer(const RequestMessage& request, std::uint8_t code = 0, core::Bytes data = {}) {
    return session.on_datagram(sealed(encode_reply(request, code, data)), now);
  }
  void open() {
    const auto raising = proven(offered());
    const auto opened = answer(request_in(raising), 0, {4});
    ASSERT_TRUE(opened.event && std::holds_alternative<Opened>(*opened.event));
  }
};

}  // namespace

TEST(IpmiSession, OpensThoughTheBmcReportsPrivilegeZero) {
  Script script;
  script.open();
  EXPECT_TRUE(script.session.ready());
  EXPECT_FALSE(script.session.deadline());
}

TEST(IpmiSession, RetransmitsTheHandshakeByteForByteAndThenTriesTheNextSuite) {
  Script script;
  const auto first = script.session.open(script.now);
  EXPECT_TRUE(script.wait(500ms).send.empty());
  EXPECT_EQ(script.wait(500ms).send, first.send);
  EXPECT_EQ(script.wait(2s).send, first.send);
  const auto second = script.wait(4s);
  ASSERT_EQ(second.send.size(), 1U);
  EXPECT_EQ(decode_open_session_request(Script::payload_of(second))->algorithms,
            algorithms(CipherSuite::sha1_aes));
  EXPECT_FALSE(script.wait(1s).send.empty());
  EXPECT_EQ(Script::failure(script.wait(2s)), IpmiError::no_answer);
  EXPECT_TRUE(script.session.over());
}

TEST(IpmiSession, RefusesAWeakerSuiteThanItProposed) {
  Script script;
  const auto request = *decode_open_session_request(Script::payload_of(script.session.open(script.now)));
  const auto step =
      script.feed(PayloadType::open_session_response,
                  encode(OpenSessionResponse{
                      .tag = request.tag, .console_session = 42, .bmc_session = 1, .algorithms = {0, 0, 0}}));
  EXPECT_EQ(Script::failure(step), IpmiError::weaker_suite_chosen);
}

TEST(IpmiSession, RevealsNothingToABmcThatDoesNotKnowThePassword) {
  Script script;
  const auto rakp1 = script.offered();
  const auto step = script.feed(PayloadType::rakp2, encode(script.make_rakp2(rakp1, "guess")));
  EXPECT_EQ(Script::failure(step), IpmiError::bad_password);
  ASSERT_EQ(step.send.size(), 1U);
  const auto farewell = decode_rakp3(Script::payload_of(step), script.context.suite);
  EXPECT_EQ(farewell->status, RmcpStatus::invalid_integrity_value);
  EXPECT_TRUE(farewell->code.empty());
}

// A BMC with a key of its own (KG) gives such codes, too: its RAKP 2 proved the password.
TEST(IpmiSession, ClosesWhatAWrongRakp4OpenedTriesOnceMoreAndThenSaysRefused) {
  Script script;
  Step proposal = script.session.open(script.now);
  for (const unsigned round : {1U, 2U}) {
    const auto rakp3 = script.convinced(script.offered(proposal, 1000 + round));
    script.keys.emplace(script.codes->session_keys());
    const auto tag = decode_rakp3(Script::payload_of(rakp3), script.context.suite)->tag;
    proposal = script.feed(PayloadType::rakp4,
                           encode(Rakp4{.tag = tag, .console_session = 42, .code = core::Bytes(16, 9)}));
    ASSERT_FALSE(proposal.send.empty());
    EXPECT_EQ(script.request_in(proposal).code, 0x3c) << "Close Session, round " << round;
    proposal.send.erase(proposal.send.begin());
  }
  EXPECT_EQ(Script::failure(proposal), IpmiError::handshake_refused);
  EXPECT_TRUE(proposal.send.empty());
}

// RAKP 1 was repeated, and the BMC drew another random number for the second: our RAKP 3 had the first.
TEST(IpmiSession, AWrongRakp3IsNoWrongPassword) {
  Script script;
  const auto rakp3 = script.convinced(script.offered());
  const auto again = script.refuse(rakp3, RmcpStatus::invalid_integrity_value);
  EXPECT_FALSE(again.event);
  const auto raising = script.proven(script.offered(again, 99));
  EXPECT_EQ(decode_packet(raising.send.at(0))->sequence, 1U) << "the new session counts anew";
  const auto opened = script.answer(script.request_in(raising), 0, {4});
  EXPECT_TRUE(opened.event && std::holds_alternative<Opened>(*opened.event));
  EXPECT_TRUE(script.session.restarted());
}

TEST(IpmiSession, TwoWrongRakp3AreARefusalAndNotAWrongPassword) {
  Script script;
  const auto again = script.refuse(script.convinced(script.offered()), RmcpStatus::invalid_integrity_value);
  const auto end =
      script.refuse(script.convinced(script.offered(again, 99)), RmcpStatus::invalid_integrity_value);
  EXPECT_EQ(Script::failure(end), IpmiError::handshake_refused);
  EXPECT_EQ(Script::failed(end)->detail, 0x0f);
}

TEST(IpmiSession, TheSecondHandshakeIsPatient) {
  Script script;
  const auto again = script.refuse(script.convinced(script.offered()), RmcpStatus::invalid_session_id);
  ASSERT_EQ(again.send.size(), 1U);
  EXPECT_TRUE(script.wait(3s).send.empty());
  EXPECT_EQ(script.wait(1s).send, again.send);
}

TEST(IpmiSession, ARefusalWithoutOurSessionWaitsForABetterAnswer) {
  Script script;
  const auto rakp1 = script.offered();
  for (const std::uint8_t tag : {std::uint8_t{0}, decode_rakp1(Script::payload_of(rakp1))->tag}) {
    const auto forged =
        script.feed(PayloadType::rakp2, encode(Rakp2{.tag = tag, .status = RmcpStatus::unauthorized_name}));
    EXPECT_FALSE(forged.event);
  }
  const auto rakp3 = script.convinced(rakp1);
  EXPECT_EQ(decode_rakp3(Script::payload_of(rakp3), script.context.suite)->status, RmcpStatus::ok);
}

// OpenBMC: neither tag nor session id in a RAKP 2 that refuses.
TEST(IpmiSession, ARefusalWithoutOurSessionCountsWhenNothingBetterComes) {
  Script script;
  (void)script.offered();
  (void)script.feed(PayloadType::rakp2, encode(Rakp2{.tag = 0, .status = RmcpStatus::unauthorized_name}));
  EXPECT_FALSE(script.wait(900ms).event);
  const auto end = script.wait(100ms);
  ASSERT_EQ(Script::failure(end), IpmiError::no_such_user);
  EXPECT_EQ(Script::failed(end)->named, Named::no);
  EXPECT_TRUE(end.send.empty());
}

TEST(IpmiSession, ARefusalWithoutOurSessionBeginsAnewWhereTheSessionIsGone) {
  for (const auto type : {PayloadType::rakp2, PayloadType::rakp4}) {
    Script script;
    const auto rakp1 = script.offered();
    if (type == PayloadType::rakp4) (void)script.convinced(rakp1);
    // The same bytes in both.
    (void)script.feed(type, encode(Rakp2{.tag = 0, .status = RmcpStatus::invalid_session_id}));
    const auto again = script.wait(1s);
    // After RAKP 3 there may be a session all the same: Close Session first.
    ASSERT_EQ(again.send.size(), type == PayloadType::rakp4 ? 2U : 1U);
    EXPECT_EQ(decode_packet(again.send.back())->type, PayloadType::open_session_request);
  }
}

TEST(IpmiSession, WhoHasNoTimeLeftHearsTheRefusalThatThereWas) {
  Script script;
  (void)script.offered();
  (void)script.feed(PayloadType::rakp2, encode(Rakp2{.tag = 0, .status = RmcpStatus::unauthorized_name}));
  EXPECT_EQ(Script::failure(script.session.abandon(IpmiError::no_answer)), IpmiError::no_such_user);
}

TEST(IpmiSession, OnlyCodesAboutTheUserRefuseItsRole) {
  const std::pair<std::uint8_t, IpmiError> cases[] = {
      {0xc0, IpmiError::busy},         {0xc3, IpmiError::busy},           {0xd2, IpmiError::busy},
      {0x80, IpmiError::role_refused}, {0x81, IpmiError::role_refused},   {0x82, IpmiError::role_refused},
      {0xd4, IpmiError::role_refused}, {0xd5, IpmiError::command_refused}};
  for (const auto& [code, meaning] : cases) {
    Script script;
    const auto end = script.answer(script.request_in(script.proven(script.offered())), code);
    EXPECT_EQ(Script::failure(end), meaning) << unsigned{code};
    ASSERT_EQ(end.send.size(), 1U);
    EXPECT_EQ(script.request_in(end).code, 0x3c) << "closed";
  }
}

TEST(IpmiSession, ClosesTheSessionWhoseRakp4WasLost) {
  Script script;
  const auto rakp1 = script.offered();
  (void)script.feed(PayloadType::rakp2, encode(script.make_rakp2(rakp1)));
  script.keys.emplace(script.codes->session_keys());
  (void)script.wait(1s);
  (void)script.wait(2s);
  const auto end = script.wait(4s);
  EXPECT_EQ(Script::failure(end), IpmiError::no_answer);
  EXPECT_EQ(script.request_in(end).code, 0x3c);
}

TEST(IpmiSession, RepeatsAQuestionWithTheSameNumberUnderANewSequence) {
  Script script;
  script.open();
  const auto first = script.session.submit(get_chassis_status(), script.now);
  const auto again = script.wait(1s);
  ASSERT_EQ(again.send.size(), 1U);
  EXPECT_EQ(script.request_in(first).number, script.request_in(again).number);
  EXPECT_NE(decode_packet(first.send[0])->sequence, decode_packet(again.send[0])->sequence);
}

TEST(IpmiSession, SendsAnActOnceAndLivesOnWhenItIsNotAnswered) {
  Script script;
  script.open();
  (void)script.session.submit(chassis_control(drivers::PowerAction::reset), script.now);
  EXPECT_TRUE(script.wait(9s).send.empty());
  const auto end = script.wait(1s);
  EXPECT_TRUE(end.send.empty());
  EXPECT_EQ(Script::failure(end), IpmiError::outcome_unknown);
  EXPECT_TRUE(script.session.ready());
}

TEST(IpmiSession, IgnoresLateRepliesReplaysAndForeignDatagrams) {
  Script script;
  script.open();
  const auto act = script.session.submit(chassis_control(drivers::PowerAction::reset), script.now);
  (void)script.wait(10s);
  const auto question = script.session.submit(get_chassis_status(), script.now);
  EXPECT_FALSE(script.answer(script.request_in(act)).event) << "the answer to the act, too late";
  const auto reply = script.sealed(encode_reply(script.request_in(question), 0, core::Bytes{1, 0, 0}));
  auto forged = reply;
  forged.back() ^= 1;
  EXPECT_FALSE(script.session.on_datagram(forged, script.now).event);
  EXPECT_FALSE(script.session.on_datagram(core::ByteView(reply).first(20), script.now).event);
  const auto answered = script.session.on_datagram(reply, script.now);
  ASSERT_TRUE(answered.event && std::holds_alternative<Answered>(*answered.event));
  (void)script.session.submit(get_chassis_status(), script.now);
  const unsigned before = script.session.dropped();
  EXPECT_FALSE(script.session.on_datagram(reply, script.now).event);
  EXPECT_EQ(script.session.dropped(), before + 1);
}

TEST(IpmiSession, ClosesWithoutAnAnswerToo) {
  Script script;
  script.open();
  const auto close = script.session.close(script.now);
  EXPECT_EQ(script.request_in(close).code, 0x3c);
  (void)script.wait(1s);
  (void)script.wait(2s);
  const auto end = script.wait(4s);
  ASSERT_TRUE(end.event && std::holds_alternative<Closed>(*end.event));
  EXPECT_TRUE(script.session.over());
}
