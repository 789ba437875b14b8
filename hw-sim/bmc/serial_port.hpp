#pragma once
// The wire between a machine's serial port and its BMC. Nobody's memory: what the machine prints while no
// console is open is gone, as on the real thing.

#include <functional>
#include <string>
#include <string_view>

namespace colony::hw_sim {

class SerialPort {
 public:
  using OnPrint = std::function<void(std::string_view)>;  // the BMC's end
  using OnType = std::function<void(std::string_view)>;   // the machine's end
  using OnBreak = std::function<void()>;

  void print(std::string_view text) {
    if (on_print_) on_print_(text);
  }
  /// False: the machine does not listen (it is off).
  [[nodiscard]] bool type(std::string_view text) {
    if (!on_type_) return false;
    on_type_(text);
    return true;
  }
  void send_break() {
    if (on_break_) on_break_();
  }

  void set_on_print(OnPrint on_print) { on_print_ = std::move(on_print); }
  void set_machine(OnType on_type, OnBreak on_break) {
    on_type_ = std::move(on_type);
    on_break_ = std::move(on_break);
  }

 private:
  OnPrint on_print_;
  OnType on_type_;
  OnBreak on_break_;
};

}  // namespace colony::hw_sim
