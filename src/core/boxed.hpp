// A value that lies elsewhere, so that the variant which holds it stays small.
#pragma once

#include <memory>
#include <utility>

namespace tenfold::core {

// Copies and compares like the value in it. Moved from, it is good for nothing but to be assigned or to end.
template <class T>
class Boxed {
 public:
  Boxed() : value_{std::make_unique<T>()} {}
  Boxed(T value) : value_{std::make_unique<T>(std::move(value))} {}  // NOLINT(google-explicit-constructor): it is one
  Boxed(const Boxed& other) : value_{std::make_unique<T>(*other)} {}
  Boxed(Boxed&&) noexcept = default;
  Boxed& operator=(const Boxed& other) {
    value_ = std::make_unique<T>(*other);
    return *this;
  }
  Boxed& operator=(Boxed&&) noexcept = default;
  ~Boxed() = default;

  T& operator*() { return *value_; }
  const T& operator*() const { return *value_; }
  T* operator->() { return value_.get(); }
  const T* operator->() const { return value_.get(); }

  friend bool operator==(const Boxed& a, const Boxed& b) { return *a == *b; }

 private:
  std::unique_ptr<T> value_;
};

}  // namespace tenfold::core
