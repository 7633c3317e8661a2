/** Elements that run script, load documents or change how a page is read. */
export const ACTIVE_ELEMENTS: ReadonlySet<string> = new Set(
  `script applet meta base link style xml frameset frame layer ilayer bgsound isindex xss vmlframe import set foreignobject
  animate animatetransform animatemotion handler listener maction annotation-xml plaintext xmp noscript template portal fencedframe`.split(
    /\s+/,
  ),
);

/** Elements that load something, but that pages also embed in good faith. */
export const EMBEDDING_ELEMENTS: ReadonlySet<string> = new Set('iframe object embed'.split(' '));

/** Elements that are not in what people write, and are not dangerous without attributes that run script. */
export const UNUSUAL_ELEMENTS: ReadonlySet<string> = new Set(
  'svg math form body html head marquee isindex keygen dialog textarea title noembed noframes audio video'.split(
    ' ',
  ),
);

/** Attributes whose value is an address. */
export const ADDRESS_ATTRIBUTES: ReadonlySet<string> = new Set(
  `href src action formaction data xlink:href background dynsrc lowsrc poster from to values by code codebase content
  srcdoc cite classid profile longdesc usemap folder archive manifest icon ping srcset url attributename datasrc onreadystatechange`.split(
    /\s+/,
  ),
);

/**
 * Attributes that run script begin with `on` and the name of an event. Names of fields such as `only` or `online` do so
 * too: outside of tags only these count.
 */
export const EVENTS: ReadonlySet<string> = new Set(
  `abort activate afterprint afterscriptexecute animationcancel animationend animationiteration animationstart auxclick
  beforeactivate beforecopy beforecut beforedeactivate beforeeditfocus beforeinput beforematch beforepaste beforeprint beforescriptexecute
  beforetoggle beforeunload beforeupdate begin blur bounce cancel canplay canplaythrough cellchange change click close contextmenu
  controlselect copy cuechange cut dataavailable datasetchanged datasetcomplete dblclick deactivate drag dragdrop dragend
  dragenter dragexit dragleave dragover dragstart drop durationchange emptied end ended error errorupdate filterchange finish focus
  focusin focusout formchange forminput formdata fullscreenchange gotpointercapture hashchange help input invalid keydown keypress keyup
  layoutcomplete load loadeddata loadedmetadata loadend loadstart location losecapture lostpointercapture mediacomplete mediaerror message messageerror
  mousedown mouseenter mouseleave mousemove mouseout mouseover mouseup mousewheel move moveend movestart offline online
  outofsync pagehide pageshow paste pause play playing pointercancel pointerdown pointerenter pointerleave pointermove pointerout
  pointerover pointerrawupdate pointerup popstate progress propertychange ratechange readystatechange redo rejectionhandled repeat reset resize resizeend
  resizestart resume reverse rowdelete rowenter rowexit rowinserted rowsdelete rowsinserted scroll scrollend scrollsnapchange search securitypolicyviolation seek
  seeked seeking select selectionchange selectstart show slotchange stalled start stop storage submit suspend syncrestored timeerror timeupdate toggle
  touchcancel touchend touchmove touchstart trackchange transitioncancel transitionend transitionrun transitionstart undo unhandledrejection unload
  urlflip volumechange waiting webkitanimationend webkitanimationiteration webkitanimationstart webkitmouseforcechanged webkittransitionend wheel zoom`.split(
    /\s+/,
  ),
);
