// Host tests run the real page table code on the test's RAM.
#pragma once
#include "arch/x64/include/arch/page_table.hh"
