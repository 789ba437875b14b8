// Precompiled for tests of shells.
#include <gmock/gmock.h>

#include "core/async/asio_pch.hpp"
