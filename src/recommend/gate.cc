#include "recommend/gate.h"

#include <algorithm>

#include "base/threads.h"

namespace penchant {

Gate::Gate(const World& world, const UserState* user, const Request& request, uint32_t itself)
    : world_(world),
      user_(request.hide_seen ? user : nullptr),
      request_(request),
      itself_(itself),
      excluded_(request.exclude.begin(), request.exclude.end()) {
  const Catalogue& catalogue = world.catalogue;
  mask_.assign(catalogue.live().begin(), catalogue.live().end());
  const auto close = [this](uint32_t row) {
    if (row < mask_.size()) mask_[row] = 0;
  };
  for (const auto& [expires, row] : catalogue.expiring()) {
    if (expires > world.now) break;
    close(row);
  }
  for (const uint32_t row : excluded_) close(row);
  close(itself);
  if (user_ != nullptr) {
    for (const uint32_t row : user_->seen()) close(row);
  }
  const bool looks_at_items =
      !request.categories.empty() || (request.filter != nullptr && !request.filter->empty());
  if (!looks_at_items) return;
  constexpr size_t block = 1024;
  const auto look = [&](size_t number, int) {
    const size_t end = std::min(mask_.size(), (number + 1) * block);
    for (size_t row = number * block; row < end; ++row) {
      if (mask_[row] == 0) continue;
      if (!item_refusal(catalogue.item(static_cast<uint32_t>(row))).empty()) mask_[row] = 0;
    }
  };
  const size_t blocks = (mask_.size() + block - 1) / block;
  if (world.pool != nullptr && blocks > 16) {
    world.pool->parallel_for(blocks, look);
  } else {
    for (size_t i = 0; i < blocks; ++i) look(i, 0);
  }
}

std::string_view Gate::item_refusal(const CatalogueItem& item) const {
  if (!request_.categories.empty()) {
    const auto wanted = [&](const std::string& category) {
      return std::find(request_.categories.begin(), request_.categories.end(), category) !=
             request_.categories.end();
    };
    if (std::none_of(item.categories.begin(), item.categories.end(), wanted)) {
      return "refused.category";
    }
  }
  if (request_.filter != nullptr && !request_.filter->matches(item)) return "refused.filter";
  return {};
}

std::string_view Gate::refusal(uint32_t row) const {
  if (row >= world_.catalogue.rows()) return "refused.absent";
  const CatalogueItem& item = world_.catalogue.item(row);
  if (item.absent) return "refused.absent";
  if (item.hidden) return "refused.hidden";
  if (item.expires && *item.expires <= world_.now) return "refused.expired";
  if (row == itself_) return "refused.itself";
  if (excluded_.contains(row)) return "refused.excluded";
  if (user_ != nullptr && user_->has_seen(row)) return "refused.seen";
  return item_refusal(item);
}

}  // namespace penchant
