#include "report/page_frame.hpp"

#include "report/words.hpp"

namespace tenfold::report {

namespace {

constexpr std::string_view kBegin = R"(<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="color-scheme" content="light dark"><title>)";

constexpr std::string_view kStyle = R"(</title>
<style>
body{font:15px/1.5 system-ui,sans-serif;max-width:980px;margin:2rem auto;padding:0 1rem;color:#24292f;background:#fff}
table{border-collapse:collapse;font-variant-numeric:tabular-nums;margin:.5rem 0}
th,td{padding:.15rem .8rem .15rem 0;text-align:right;vertical-align:top}th{font-weight:600}
td.words,th.words{text-align:left}tr+tr{border-top:1px solid #d8dee4}figure{margin:1rem 0;overflow-x:auto}
svg{max-width:100%;height:auto}figure svg{width:100%;min-width:720px}
.fit{margin:.2rem 0}.fit svg{min-width:0}.fit .narrow{display:none}h2{font-size:1.25rem;margin:1.6rem 0 .3rem}h3{font-size:1rem;margin:.6rem 0 0}h3 small{font-weight:400}
p.keys svg{margin:0 .3rem 0 .8rem}p.keys svg:first-child{margin-left:0}
table.sides th:first-child{position:sticky;left:0;background:#fff;font-weight:400}tr:target{background:#fff3c4}
@media (max-width:640px){table.sides,table.dots{font-size:.75rem}table.sides td,table.sides th,table.dots td,table.dots th{padding-right:.3rem}.fit .broad{display:none}.fit .narrow{display:block}table.dots td:nth-child(2){min-width:11rem}}
@media print{:root{color-scheme:light}body{margin:0;max-width:none}figure,h3,tr{break-inside:avoid}h2,h3{break-after:avoid}figure,.wide{overflow-x:visible}figure svg{min-width:0}}
.wide{overflow-x:auto}pre{white-space:pre-wrap;overflow-wrap:anywhere}
@media screen and (prefers-color-scheme:dark){body{color:#e6edf3;background:#0d1117}tr+tr{border-color:#2b323b}
table.sides th:first-child{background:#0d1117}tr:target{background:#4a3b00}}
</style></head><body>
)";

constexpr std::string_view kEnd = "</body></html>\n";

}  // namespace

std::string page_of(std::string_view title, std::string_view body) {
  return std::string{kBegin}.append(escape_xml(title)).append(kStyle).append(body).append(kEnd);
}

}  // namespace tenfold::report
