// Host tests: a layout only, so the machine's own.
#pragma once
#include "arch/x64/include/arch/trap_frame.hh"
