// Host tests: the same interface; tests/unit/mm/machine.cc implements it for a CPU that is a table.
#pragma once
#include "arch/x64/include/arch/tlb.hh"
