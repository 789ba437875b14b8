// What a BMC wrote down and measures: sel, sensors, fru, lan.

#include <fmt/format.h>

#include "daemon/cli/commands.hpp"
#include "daemon/cli/one_bmc_command.hpp"
#include "daemon/cli/report.hpp"
#include "drivers/bmc_records.hpp"

namespace colony::daemon::cli {

namespace {

using core::Json;
using core::Result;
using core::Task;
using drivers::BmcRecords;

Result<BmcRecords*> records_of(drivers::Bmc& bmc) {
  if (BmcRecords* const records = bmc.records(); records != nullptr) return records;
  return core::fail(core::ErrorKind::unsupported, "bmc.no_records",
                    "this driver reads no events, sensors, FRU fields or network; use --driver native");
}

/// As ipmitool rounds them: three decimals, and what they do not need cut off.
std::string number_text(const Json& object, std::string_view key) {
  const Json* const value = core::json_member(object, key);
  if (value == nullptr || !value->is_number()) return "";
  std::string text = fmt::format("{:.3f}", value->get<double>());
  text.erase(text.find_last_not_of('0') + 1);
  if (text.ends_with('.')) text.pop_back();
  return text;
}

class SelCommand final : public OneBmcCommand {
 public:
  [[nodiscard]] CommandText text() const override {
    return {"bmc sel", "The BMC's event log: list it, or clear it",
            "  colony bmc sel list --ip 10.1.1.20 --username ADMIN\n"
            "  colony bmc sel clear --ip 10.1.1.20 --username ADMIN           shows it, asks, clears it\n"
            "  colony bmc sel clear --ip 10.1.1.20 --username ADMIN --yes --output json > web-1.sel.json"};
  }
  void declare(Arguments& arguments) override {
    arguments.positional_choice("ACTION", action_, {"list", "clear"}, "list or clear");
    arguments.flag("-y,--yes", yes_, "Clear without asking");
    arguments_.declare(arguments, Need::required);
  }

 private:
  Task<Result<Json>> ask(Session& session, drivers::Bmc& bmc, core::BootTime deadline) override {
    const auto records = records_of(bmc);
    if (!records) co_return std::unexpected(records.error());
    auto log = co_await read(**records, deadline);
    if (!log || action_ != "clear") co_return log;
    // What is cleared was read, and shown, before.
    if (session.output != Output::json) session.console.out(table_of(session, *log));
    if (!confirm(session, yes_, arguments_.ip, "clear this log")) {
      co_return core::fail(core::ErrorKind::invalid_input, "cli.not_confirmed", "nothing was cleared");
    }
    const auto patience = std::chrono::seconds(arguments_.timeout);  // anew: somebody thought about it
    const auto cleared = co_await (*records)->clear_sel(session.timers.now() + patience);
    if (!cleared) co_return std::unexpected(cleared.error());
    (*log)["cleared"] = true;
    co_return log;
  }

  static Task<Result<Json>> read(BmcRecords& records, core::BootTime deadline) {
    const auto log = co_await records.sel(deadline);
    if (!log) co_return std::unexpected(log.error());
    Json entries = Json::array();
    for (const auto& entry : log->entries) {
      entries.push_back({{"id", entry.id},
                         {"at", entry.at ? Json(core::format_utc(*entry.at)) : Json()},
                         {"sensor", entry.sensor},
                         {"event", entry.event},
                         {"asserted", entry.asserted}});
    }
    co_return Json{
        {"entries", std::move(entries)}, {"free_bytes", log->free_bytes}, {"overflow", log->overflow}};
  }

  std::string render(Session& session, const Json& result) const override {
    return core::json_bool(result, "cleared").value_or(false) ? "cleared\n" : table_of(session, result);
  }

  static std::string table_of(Session& session, const Json& result) {
    const Json* const entries = core::json_member(result, "entries");
    if (entries == nullptr) return "";
    std::vector<std::vector<std::string>> rows;
    for (const auto& entry : *entries) {
      rows.push_back({fmt::format("{:x}", number_of(entry, "id")), text_of(entry, "at"),
                      text_of(entry, "sensor"), text_of(entry, "event"),
                      core::json_bool(entry, "asserted").value_or(true) ? "asserted" : "deasserted"});
    }
    if (core::json_bool(result, "overflow").value_or(false)) {
      session.console.err("the log was full: events are missing; clear it after reading\n");
    }
    if (rows.empty()) return "no events\n";
    return render_table({{"ID", Align::right}, {"TIME (BMC)"}, {"SENSOR"}, {"EVENT", Align::left, 12}, {""}},
                        rows, style_of(session));
  }

  std::string action_;
  bool yes_ = false;
};

class SensorsCommand final : public OneBmcCommand {
 public:
  [[nodiscard]] CommandText text() const override {
    return {"bmc sensors", "Temperatures, voltages, fans: readings and thresholds",
            "  colony bmc sensors --ip 10.1.1.20 --username ADMIN --timeout 120"};
  }
  void declare(Arguments& arguments) override {
    arguments_.timeout = 120;  // three commands a sensor
    arguments_.declare(arguments, Need::required);
  }

 private:
  Task<Result<Json>> ask(Session&, drivers::Bmc& bmc, core::BootTime deadline) override {
    const auto records = records_of(bmc);
    if (!records) co_return std::unexpected(records.error());
    const auto sensors = co_await (*records)->sensors(drivers::SensorDetail::thresholds, deadline);
    if (!sensors) co_return std::unexpected(sensors.error());
    if (sensors->cut) {
      co_return core::fail(core::ErrorKind::timed_out, "ipmi.deadline",
                           fmt::format("the time was over after {} sensors, and there are more: --timeout",
                                       sensors->sensors.size()));
    }
    Json out = Json::array();
    for (const auto& sensor : sensors->sensors) {
      const auto& limits = sensor.thresholds;
      const auto number = [](const std::optional<double>& value) { return value ? Json(*value) : Json(); };
      out.push_back({{"number", sensor.number},
                     {"name", sensor.name},
                     {"type", sensor.type},
                     {"unit", sensor.unit},
                     {"value", number(sensor.value)},
                     {"state", sensor.state},
                     {"lower_non_recoverable", number(limits.lower_non_recoverable)},
                     {"lower_critical", number(limits.lower_critical)},
                     {"lower_non_critical", number(limits.lower_non_critical)},
                     {"upper_non_critical", number(limits.upper_non_critical)},
                     {"upper_critical", number(limits.upper_critical)},
                     {"upper_non_recoverable", number(limits.upper_non_recoverable)}});
    }
    co_return Json{{"sensors", std::move(out)}};
  }

  std::string render(Session& session, const Json& result) const override {
    std::vector<std::vector<std::string>> rows;
    for (const auto& sensor : *core::json_member(result, "sensors")) {
      rows.push_back({text_of(sensor, "name"), number_text(sensor, "value"), text_of(sensor, "unit"),
                      text_of(sensor, "state"), number_text(sensor, "lower_critical"),
                      number_text(sensor, "lower_non_critical"), number_text(sensor, "upper_non_critical"),
                      number_text(sensor, "upper_critical")});
    }
    if (rows.empty()) return "no sensors\n";
    return render_table({{"SENSOR", Align::left, 12},
                         {"VALUE", Align::right},
                         {"UNIT"},
                         {"STATE"},
                         {"LOW CR", Align::right},
                         {"LOW NC", Align::right},
                         {"UP NC", Align::right},
                         {"UP CR", Align::right}},
                        rows, style_of(session));
  }
};

class FruCommand final : public OneBmcCommand {
 public:
  [[nodiscard]] CommandText text() const override {
    return {"bmc fru", "Maker, product and serials as the machine's FRU has them",
            "  colony bmc fru --ip 10.1.1.20 --username ADMIN"};
  }
  void declare(Arguments& arguments) override { arguments_.declare(arguments, Need::required); }

 private:
  Task<Result<Json>> ask(Session&, drivers::Bmc& bmc, core::BootTime deadline) override {
    const auto records = records_of(bmc);
    if (!records) co_return std::unexpected(records.error());
    const auto fields = co_await (*records)->fru(deadline);
    if (!fields) co_return std::unexpected(fields.error());
    Json out = Json::object();
    for (const auto& [key, value] : *fields) {
      std::string name;
      for (const char c : key)
        name += c == ' ' ? '_' : static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
      out[name] = value;
    }
    co_return out;
  }
};

class LanCommand final : public OneBmcCommand {
 public:
  [[nodiscard]] CommandText text() const override {
    return {"bmc lan", "The BMC's own network: address, source, gateway, MAC, VLAN",
            "  colony bmc lan --ip 10.1.1.20 --username ADMIN"};
  }
  void declare(Arguments& arguments) override { arguments_.declare(arguments, Need::required); }

 private:
  Task<Result<Json>> ask(Session&, drivers::Bmc& bmc, core::BootTime deadline) override {
    const auto records = records_of(bmc);
    if (!records) co_return std::unexpected(records.error());
    const auto lan = co_await (*records)->lan(deadline);
    if (!lan) co_return std::unexpected(lan.error());
    const auto& gateway = lan->gateway;
    const auto& vlan = lan->vlan;
    co_return Json{{"address", lan->address.to_string()},
                   {"source", lan->source},
                   {"mask", lan->mask.to_string()},
                   {"mac", lan->mac.to_string()},
                   {"gateway", gateway ? Json(gateway->to_string()) : Json()},
                   {"vlan", vlan ? Json(*vlan) : Json()}};
  }
};

}  // namespace

std::unique_ptr<Command> make_bmc_sel_command() {
  return std::make_unique<SelCommand>();
}
std::unique_ptr<Command> make_bmc_sensors_command() {
  return std::make_unique<SensorsCommand>();
}
std::unique_ptr<Command> make_bmc_fru_command() {
  return std::make_unique<FruCommand>();
}
std::unique_ptr<Command> make_bmc_lan_command() {
  return std::make_unique<LanCommand>();
}

}  // namespace colony::daemon::cli
