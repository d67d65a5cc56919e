// Short hands for the document, and its one dialog.

export const $ = (id) => document.getElementById(id);

/** Writes a text into an element. */
export const put = (id, text) => ($(id).textContent = text);

export const onClick = (id, act) => $(id).addEventListener("click", act);

export function element(name, properties, ...children) {
	const made = Object.assign(document.createElement(name), properties);
	made.append(...children);
	return made;
}

/** Shows one of the views in the right pane. */
export function view(id) {
	for (const section of $("main").children) section.hidden = section.id !== id;
}

export const focusView = () => document.querySelector("#main > :not([hidden]) h2")?.focus();

const nothing = () => "";

let asked = Promise.resolve();

/** Asks for a yes or, with a label, for a text, until `wrong` is silent. Gives it, or "". One question after the other. */
export const ask = (question) => (asked = asked.then(() => answer(question)));

async function answer({ title, text = "", label, value = "", type = "text", hint = nothing, wrong = nothing, yes, style = "primary" }) {
	const [dialog, field] = [$("dialog"), $("field")];
	const look = () => {
		field.setCustomValidity(label ? wrong(field.value) : "");
		put("hint", field.validationMessage || hint(field.value));
	};
	put("dialog-title", title);
	put("dialog-text", text);
	put("field-label", label);
	put("yes", yes);
	$("yes").className = style;
	$("field-row").hidden = !label;
	Object.assign(field, { type, value, oninput: look });
	look();
	dialog.returnValue = "";
	dialog.showModal();
	$(label ? "field" : "no").focus();
	await new Promise((closed) => (dialog.onclose = closed));
	const given = dialog.returnValue && (label ? field.value.trim() : "yes");
	field.value = "";
	return given;
}

/** Copies a text, also where there is no clipboard: over plain HTTP. */
export async function copy(node) {
	try {
		await navigator.clipboard.writeText(node.textContent);
	} catch {
		getSelection().selectAllChildren(node);
		document.execCommand("copy");
	}
}
