// Arrivals per minute, on the dashboard only: the library is by far the largest thing on any page.
//
//   <div class="chart" data-chart="arrivals" data-label="每分钟签到人数"></div>
//   <p class="empty" data-chart-empty hidden>还没有人签到</p>
//
// Drawn from each live event of the section around it, which has a list [{minute, count}] under that name:
// oldest first, minutes without anybody left out. Where nothing is live, the list stands in `data-points`, each point
// with its `number`; a tap on a bar leads to `data-href` with that number behind it.
import { BarChart } from "echarts/charts";
import { AriaComponent, GridComponent, TooltipComponent } from "echarts/components";
import { init, use } from "echarts/core";
import { CanvasRenderer } from "echarts/renderers";
import { hm, instant } from "./lib/clock.js";

use([BarChart, GridComponent, TooltipComponent, AriaComponent, CanvasRenderer]);

const still = window.matchMedia("(prefers-reduced-motion: reduce)").matches;

const MINUTE = 60000;
/** More bars than this say no more, and touch each other. */
const LONGEST = 60;

/** Every minute from the first to the last, the quiet ones too; the last hour if it is longer. */
function fill(list) {
  const counts = new Map(list.map((item) => [Math.floor(instant(item.minute) / MINUTE), item.count]));
  const last = Math.max(...counts.keys());
  const first = Math.max(Math.min(...counts.keys()), last - LONGEST + 1);
  const points = [];
  for (let minute = first; minute <= last; minute += 1) {
    points.push({ minute: hm(minute * MINUTE), count: counts.get(minute) || 0, number: minute });
  }
  return points;
}

function option(points, label, live) {
  return {
    animation: !still,
    animationDuration: 300,
    aria: { enabled: true, label: { description: label } },
    grid: { left: 4, right: 4, top: 12, bottom: 4, containLabel: true },
    textStyle: { fontFamily: "inherit" },
    // Rich text, because the page's security policy lets no markup of the tooltip carry styles.
    tooltip: { trigger: "axis", renderMode: "richText", axisPointer: { type: "shadow" } },
    xAxis: {
      type: "category",
      data: points.map((point) => point.minute),
      axisTick: { show: false },
      axisLine: { lineStyle: { color: "#dfe5ec" } },
      axisLabel: { color: "#5d6b7d" },
    },
    yAxis: {
      type: "value",
      minInterval: 1,
      splitNumber: 3,
      splitLine: { lineStyle: { color: "#eef2f6" } },
      axisLabel: { color: "#5d6b7d" },
    },
    series: [
      {
        name: label,
        type: "bar",
        barMaxWidth: 28,
        barCategoryGap: "22%",
        itemStyle: { color: "#7fb2e5", borderRadius: [2, 2, 0, 0] },
        // The minute that is still running is the dark one.
        data: points.map((point, index) =>
          live && index === points.length - 1
            ? { value: point.count, itemStyle: { color: "#0f5fa8" } }
            : point.count,
        ),
      },
    ],
  };
}

document.querySelectorAll("[data-chart]").forEach((place) => {
  const label = place.dataset.label || "";
  const empty = place.parentElement.querySelector("[data-chart-empty]");
  const chart = init(place);
  const live = place.closest("[data-live]");
  let points = [];
  const draw = (list) => {
    place.hidden = list.length === 0;
    if (empty) empty.hidden = list.length > 0;
    if (list.length === 0) return;
    chart.resize();
    points = fill(list);
    chart.setOption(option(points, label, Boolean(live)));
  };
  window.addEventListener("resize", () => chart.resize());
  if (place.dataset.points) draw(JSON.parse(place.dataset.points));
  if (place.dataset.href) {
    chart.on("click", ({ dataIndex }) => window.location.assign(place.dataset.href + points[dataIndex].number));
  }
  if (live) {
    const show = (data) => {
      const list = data[place.dataset.chart];
      if (Array.isArray(list)) draw(list);
    };
    live.addEventListener("live", (event) => show(event.detail));
    if (live.latest) show(live.latest);
  }
});
