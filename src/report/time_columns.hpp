// Values over time in few columns, for any length of time.
#pragma once

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

#include "base/require.hpp"
#include "core/time.hpp"

namespace tenfold::report {

// All columns are equally wide. Where there would be more than `most`, two become one, so that a width need not be
// known before. A `Column` takes another one in by `merge`.
template <class Column>
class TimeColumns {
 public:
  TimeColumns() : TimeColumns({}, std::chrono::milliseconds{1}, 2) {}
  TimeColumns(core::TimePoint began, core::Duration width, std::size_t most)
      : began_{began}, width_{std::max(core::Duration{1}, width)}, most_{most} {
    require(most >= 2, "two columns become one where there are too many");
  }

  // The one that `time` lies in; what is before the first lies in that. Valid until the next call.
  Column& at(core::TimePoint time) {
    while (place_of(time) >= most_) halve();
    const std::size_t place = place_of(time);
    if (place >= all_.size()) all_.resize(place + 1);
    return all_[place];
  }

  core::TimePoint began() const { return began_; }
  core::TimePoint begin_of(std::size_t column) const { return began_ + width_ * static_cast<std::int64_t>(column); }
  core::Duration width() const { return width_; }
  // From the first on; those behind the last that has anything are not there.
  const std::vector<Column>& all() const { return all_; }

 private:
  std::size_t place_of(core::TimePoint time) const {
    return time <= began_ ? 0 : static_cast<std::size_t>((time - began_) / width_);
  }
  void halve() {
    std::vector<Column> halved((all_.size() + 1) / 2);
    for (std::size_t i = 0; i < all_.size(); ++i) {
      if (i % 2 == 0) {
        halved[i / 2] = std::move(all_[i]);
      } else {
        halved[i / 2].merge(all_[i]);
      }
    }
    all_ = std::move(halved);
    width_ *= 2;
  }

  core::TimePoint began_;
  core::Duration width_;
  std::size_t most_;
  std::vector<Column> all_;
};

}  // namespace tenfold::report
