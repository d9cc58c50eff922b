/** What every page needs first: the theme, the texts, the fonts and the styles that all share. */
import "./effects";
import "./theme";
import "./messages";
import "./fonts/fonts.css";
import "./styles/layers.css";
import "./styles/tokens.css";
import "./styles/base.css";
import "./styles/controls.css";
import "./ui/address-field.css";
import "./ui/cells.css";
import "./ui/feed.css";
import "./ui/form.css";
import "./ui/rows.css";
import "./ui/why.css";
