/* Sort a table of class "sortable" by the column whose head is clicked. */
document.addEventListener("DOMContentLoaded", () => {
  for (const table of document.querySelectorAll("table.sortable")) {
    const heads = [...table.tHead.rows[0].cells];
    heads.forEach((head, column) => {
      head.tabIndex = 0;
      head.setAttribute("role", "button");
      head.title = "Sort by this column";
      const sort = () => {
        const falling = head.getAttribute("aria-sort") !== "descending";
        heads.forEach((other) => other.removeAttribute("aria-sort"));
        head.setAttribute("aria-sort", falling ? "descending" : "ascending");
        const rows = [...table.tBodies[0].rows];
        rows.sort((one, other) => compare(one, other, column, falling));
        table.tBodies[0].append(...rows);
      };
      head.addEventListener("click", sort);
      head.addEventListener("keydown", (event) => {
        if (event.key === "Enter" || event.key === " ") {
          event.preventDefault();
          sort();
        }
      });
    });
  }
});

/* Numbers by size, text by the alphabet; what was not measured comes last. */
function compare(one, other, column, falling) {
  const [a, b] = [one, other].map((row) => row.cells[column].textContent.trim());
  if (a === "–" || b === "–") return (a === "–") - (b === "–");
  const difference = isNaN(a) ? b.localeCompare(a) : Number(a) - Number(b);
  return falling ? -difference : difference;
}
