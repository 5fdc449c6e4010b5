// A button that copies a piece of code, and shows it, for those whose browser does not let pages copy.

export default {
  render({ model, el }) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "jupyter-widgets jupyter-button widget-button";
    button.textContent = "Copy as code";
    button.style.width = "auto";
    const said = document.createElement("span");
    said.setAttribute("role", "status");
    said.style.marginLeft = "8px";
    const code = document.createElement("pre");
    code.tabIndex = 0;
    code.hidden = true;
    code.setAttribute("aria-label", "Code of a cell that makes the same run");
    code.style.cssText = "margin:4px 0;padding:4px 8px;border:1px solid var(--jp-border-color1,#bbb);white-space:pre-wrap;font-family:var(--jp-code-font-family,monospace);color:var(--jp-ui-font-color1,#222)";
    const show = () => {
      code.textContent = model.get("code");
    };
    button.addEventListener("click", async () => {
      show();
      code.hidden = false;
      const range = document.createRange();
      range.selectNodeContents(code);
      const selection = window.getSelection();
      selection.removeAllRanges();
      selection.addRange(range);
      try {
        await navigator.clipboard.writeText(model.get("code"));
        said.textContent = "copied; paste it into a new cell";
      } catch {
        said.textContent = "copy the marked text into a new cell";
      }
    });
    const changed = () => {
      show();
      said.textContent = "";
    };
    model.on("change:code", changed);
    el.append(button, said, code);
    return () => model.off("change:code", changed);
  },
};
