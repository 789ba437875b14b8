// The serial line over the native client against the simulated BMC, while each datagram in turn is lost,
// doubled or late, and while the same session is used for other things.

#include "drivers/serial_console.hpp"
#include "tests/drivers/ipmi/ipmi_bench.hpp"

using namespace colony;
using namespace colony::testing;
using drivers::Contention;
using drivers::PowerAction;
using drivers::SerialLine;
using hw_sim::BmcFaultKind;
using hw_sim::BmcMoment;
using hw_sim::Fate;

namespace {

constexpr std::string_view greeting = "hw-sim: power-on self test\r\nhw-sim login: ";

std::unique_ptr<SerialLine> open(IpmiBench& bench, drivers::Bmc& bmc, Contention contention = {}) {
  auto line = bench.run(bmc.serial()->open_serial(contention, bench.in(30s)));
  EXPECT_TRUE(line) << line.error().message;
  return line ? std::move(*line) : nullptr;
}

core::Task<std::string> read_until(core::Timers& timers, SerialLine& line, std::string_view end) {
  std::string all;
  const auto deadline = timers.now() + 60s;
  while (!all.ends_with(end) && timers.now() < deadline) {
    const auto output = co_await line.read(deadline);
    if (!output) {
      all += "[" + output.error().code + "]";
      break;
    }
    all += core::as_text(output->bytes);
  }
  co_return all;
}

std::string read(IpmiBench& bench, SerialLine& line, std::string_view end) {
  return bench.run(read_until(bench.timers, line, end));
}

void power_on(IpmiBench& bench) {
  EXPECT_TRUE(bench.run(bench.bmc->power(PowerAction::on, bench.in(30s))));
}

std::string error_of(IpmiBench& bench, SerialLine& line) {
  const auto output = bench.run(line.read(bench.in(10min)));
  return output ? "" : output.error().code;
}

}  // namespace

TEST(IpmiSerial, ShowsWhatTheMachinePrintsAndTypesWhatItReads) {
  IpmiBench bench;
  const auto line = open(bench, *bench.bmc);
  power_on(bench);
  EXPECT_EQ(read(bench, *line, "login: "), greeting);
  EXPECT_TRUE(line->write(core::as_bytes("hello\r")));
  EXPECT_EQ(read(bench, *line, "login: "), "hello\r\nhw-sim: you typed \"hello\"\r\nhw-sim login: ");
  line->send_break();
  EXPECT_EQ(read(bench, *line, "(break)\r\n"), "\r\n(break)\r\n");
  EXPECT_EQ(bench.model.counters().sessions_opened, 1U);  // one session for all of it
}

TEST(IpmiSerial, EveryCharacterOnceWhateverTheNetworkDoes) {
  for (const Fate fate : {Fate::lose, Fate::duplicate, Fate::late}) {
    for (unsigned strike = 0; strike < 40; ++strike) {
      IpmiBench bench(some_profile(), "secret", strike + 1);
      const auto line = open(bench, *bench.bmc);
      power_on(bench);
      const unsigned first = bench.network.datagrams();
      bench.network.set_wire(
          [=](unsigned number) { return number == first + strike ? fate : Fate::deliver; });
      EXPECT_EQ(read(bench, *line, "login: "), greeting) << strike;
      EXPECT_TRUE(line->write(core::as_bytes("abc")));
      EXPECT_TRUE(line->write(core::as_bytes("def\r")));
      EXPECT_EQ(read(bench, *line, "login: "), "abcdef\r\nhw-sim: you typed \"abcdef\"\r\nhw-sim login: ")
          << strike;
    }
  }
}

TEST(IpmiSerial, SurvivesANetworkThatLosesAFifthInBothDirections) {
  core::SeededRandom dice(7);  // outlives the network, which throws it to its end
  IpmiBench bench;
  const auto line = open(bench, *bench.bmc);
  power_on(bench);
  EXPECT_EQ(read(bench, *line, "login: "), greeting);
  bench.network.set_wire([&](unsigned) {
    const auto roll = dice.u32() % 10;
    return roll < 2 ? Fate::lose : roll == 2 ? Fate::duplicate : roll == 3 ? Fate::late : Fate::deliver;
  });
  std::string typed;
  for (int i = 0; i < 60; ++i) typed += static_cast<char>('a' + i % 26);
  for (const char c : typed) {
    EXPECT_TRUE(line->write(core::as_bytes({&c, 1})));
    bench.timers.run_for(150ms);
  }
  EXPECT_TRUE(line->write(core::as_bytes("\r")));
  EXPECT_EQ(read(bench, *line, "login: "),
            typed + "\r\nhw-sim: you typed \"" + typed + "\"\r\nhw-sim login: ");
}

TEST(IpmiSerial, ABmcWithOneSessionStillTakesPowerCommands) {
  auto profile = some_profile();
  profile.max_sessions = 1;
  IpmiBench bench(std::move(profile));
  const auto line = open(bench, *bench.bmc);
  power_on(bench);
  EXPECT_EQ(read(bench, *line, "login: "), greeting);
  EXPECT_TRUE(bench.run(bench.bmc->power(PowerAction::off, bench.in(30s))));
  EXPECT_EQ(bench.run(bench.bmc->power_state(bench.in(30s))), core::PowerState::off);
  EXPECT_EQ(bench.model.counters().sessions_opened, 1U);
}

TEST(IpmiSerial, KeepsTheSessionAliveWhileTheMachineIsSilent) {
  IpmiBench bench;
  const auto line = open(bench, *bench.bmc);
  bench.timers.run_for(10min);
  power_on(bench);
  EXPECT_EQ(read(bench, *line, "login: "), greeting);
  EXPECT_EQ(bench.model.counters().sessions_opened, 1U);
}

TEST(IpmiSerial, NamesALineThatAnotherSessionHasAndTakesItWhenAsked) {
  IpmiBench bench;
  const auto first = open(bench, *bench.bmc);
  auto other = bench.client.open(bench.address, {"ADMIN", core::Secret("secret")});
  const auto refused = bench.run(other->serial()->open_serial(Contention::refuse, bench.in(30s)));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, "ipmi.sol_busy");
  EXPECT_EQ(refused.error().kind, core::ErrorKind::conflict);
  const auto second = open(bench, *other, Contention::take);
  EXPECT_EQ(error_of(bench, *first), "ipmi.sol_ended");
  EXPECT_FALSE(first->write(core::as_bytes("x")));
  power_on(bench);
  EXPECT_EQ(read(bench, *second, "login: "), greeting);
}

TEST(IpmiSerial, OpensOnceAtATimeAndAgainAfterItWasGivenBack) {
  IpmiBench bench;
  auto line = open(bench, *bench.bmc);
  const auto twice = bench.run(bench.bmc->serial()->open_serial(Contention::take, bench.in(30s)));
  ASSERT_FALSE(twice);
  EXPECT_EQ(twice.error().code, "ipmi.sol_open");
  bench.run([](SerialLine& open_line) -> core::Task<bool> {
    co_await open_line.close();
    co_return true;
  }(*line));
  line = open(bench, *bench.bmc);
  line.reset();  // let go without close()
  bench.timers.run_for(2s);
  line = open(bench, *bench.bmc);
  EXPECT_EQ(bench.model.counters().sol_activations, 3U);
}

TEST(IpmiSerial, AnActivationWhoseAnswerWasLostIsNoContention) {
  IpmiBench bench;
  EXPECT_TRUE(bench.run(bench.bmc->power_state(bench.in(30s))));
  // Answered too late to be recognised as a repetition: the BMC says "already active", and means us.
  bench.model.faults().add({.at = BmcMoment::command, .kind = BmcFaultKind::repeat, .times = 1});
  bench.model.faults().add({.at = BmcMoment::command, .kind = BmcFaultKind::lose, .times = 1});
  EXPECT_TRUE(open(bench, *bench.bmc));
}

TEST(IpmiSerial, ABmcThatRestartsEndsTheLineByName) {
  IpmiBench bench;
  const auto line = open(bench, *bench.bmc);
  bench.model.restart();
  EXPECT_EQ(error_of(bench, *line), "ipmi.sol_lost");
}

TEST(IpmiSerial, SwitchedOffInTheBmcIsNamed) {
  auto profile = some_profile();
  profile.sol = false;
  IpmiBench bench(std::move(profile));
  const auto line = bench.run(bench.bmc->serial()->open_serial(Contention::refuse, bench.in(30s)));
  ASSERT_FALSE(line);
  EXPECT_EQ(line.error().code, "ipmi.sol_disabled");
}

TEST(IpmiSerial, TypingToAMachineThatIsOffHarmsNothing) {
  IpmiBench bench;
  const auto line = open(bench, *bench.bmc);
  EXPECT_TRUE(line->write(core::as_bytes("anybody?")));
  bench.timers.run_for(5min);
  power_on(bench);
  EXPECT_EQ(read(bench, *line, "login: "), greeting);
}

TEST(IpmiSerial, ClosingTheClientEndsTheLine) {
  IpmiBench bench;
  const auto line = open(bench, *bench.bmc);
  bench.finish();
  EXPECT_EQ(bench.model.open_sessions(), 0U);
  EXPECT_FALSE(line->write(core::as_bytes("x")));
}
