// Every working day of 2024 to 2026 as chinese-days knows it, one JSON list on standard output.
const { getWorkdaysInRange } = require("chinese-days");
console.log(JSON.stringify(getWorkdaysInRange("2024-01-01", "2026-12-31", true)));
