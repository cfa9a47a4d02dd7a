// What the gateway tells of its history: store, backfill, jobs, collectors.
#pragma once

#include "app/families.hpp"
#include "app/history_stack.hpp"
#include "app/live_quality.hpp"
#include "feed/repair_order.hpp"

namespace tickgate::app {

void put_history(Families& families, HistoryStack& stack);
void put_repairs(Families& families, const feed::RepairStats& stats);
void put_quality(Families& families, const LiveQualityStats& stats);

} // namespace tickgate::app
