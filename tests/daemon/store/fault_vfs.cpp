#include "tests/daemon/store/fault_vfs.hpp"
