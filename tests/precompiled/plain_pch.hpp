// Precompiled for tests of what does not speak Asio.
#include <gmock/gmock.h>

#include "core/core_pch.hpp"
