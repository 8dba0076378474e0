// How processes end, in words.
#pragma once

#include <string>

namespace tenfold::live {

// "SIGSEGV".
std::string signal_name(int number);

// By a status as waitpid gives it: "was killed by SIGSEGV", "exited with status 1".
std::string words_of_end(int status);

}  // namespace tenfold::live
