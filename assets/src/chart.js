// Arrivals per minute, on the dashboard only: the library is by far the largest thing on any page.
//
//   <div class="chart" data-chart="by_minute" data-label="每分钟签到人数">
//     <script type="application/json">[{"minute": "08:32", "count": 4}, …]</script>
//   </div>
//
// Redrawn from each live event of the section around it, when the event has such a list.
import { BarChart } from "echarts/charts";
import { AriaComponent, GridComponent, TooltipComponent } from "echarts/components";
import { init, use } from "echarts/core";
import { CanvasRenderer } from "echarts/renderers";

use([BarChart, GridComponent, TooltipComponent, AriaComponent, CanvasRenderer]);

const still = window.matchMedia("(prefers-reduced-motion: reduce)").matches;

function option(points, label) {
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
          index === points.length - 1
            ? { value: point.count, itemStyle: { color: "#0f5fa8" } }
            : point.count,
        ),
      },
    ],
  };
}

document.querySelectorAll("[data-chart]").forEach((place) => {
  const initial = place.querySelector("script[type='application/json']");
  const points = initial ? JSON.parse(initial.textContent) : [];
  const label = place.dataset.label || "";
  const empty = place.parentElement.querySelector("[data-chart-empty]");
  const chart = init(place);
  const draw = (list) => {
    place.hidden = list.length === 0;
    if (empty) empty.hidden = list.length > 0;
    if (list.length === 0) return;
    chart.resize();
    chart.setOption(option(list, label));
  };
  draw(points);
  window.addEventListener("resize", () => chart.resize());
  const live = place.closest("[data-live]");
  if (live) {
    live.addEventListener("live", (event) => {
      const list = event.detail[place.dataset.chart];
      if (Array.isArray(list)) draw(list);
    });
  }
});
