// What SIGHUP may mean: read the configuration again, or that the terminal was closed.
#pragma once

namespace tenfold::live {

// Whether the process has a terminal that is still there.
bool has_terminal();

// Whether whoever started the process wants it to live on without its terminal, as nohup(1) does. Asked before SIGHUP
// gets a handler.
bool is_hangup_ignored();

}  // namespace tenfold::live
